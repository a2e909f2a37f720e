import { rightToAnswer } from '../domain/approvals.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Catalogue, PeopleSet, ReasonRule, Resource, Stage } from '../domain/resource.ts'
import { BREAK_GLASS_REASON_MIN } from '../domain/rules.ts'
import { refOf } from '../domain/resource.ts'
import type { Explanation, Question, Way } from './explain.ts'
import { limitText, nameTexts, peopleText, pingedTexts } from './people-text.ts'

/** An explanation in lines to be read on a terminal. */
export function explanationText(catalogue: Catalogue, explanation: Explanation): readonly string[] {
  const { question, ways } = explanation
  const { who, resource, durationSeconds, beneficiary, startsAt } = question
  const ref = refOf(resource)
  return [
    `${who.email} (${who.standing}) asks for ${ref}, ${formatDuration(durationSeconds)}${startsAt === undefined ? '' : ` from ${startsAt.toISOString()}`}${beneficiary === undefined ? '' : `, for ${beneficiary}`}`,
    ...(ways.length > 0
      ? ways.flatMap((way) => wayText(way, explanation, catalogue))
      : refusedText(explanation)),
    ...sponsorText(explanation),
    ...limitsText(catalogue),
    ...outageText(catalogue),
    ...(catalogue.rego === undefined
      ? []
      : [
          resource.regoMayApprove
            ? 'the Rego policy is asked too, which may narrow all of this, or approve by itself; it was not asked here'
            : 'the Rego policy is asked too, which may narrow all of this; it was not asked here',
        ]),
  ]
}

function refusedText({ question, obstacles, isSponsor }: Explanation): readonly string[] {
  const { resource, beneficiary } = question
  const why = obstacles.join('; ')
  if (beneficiary !== undefined) return [`may not ask for ${beneficiary}: ${why}`]
  if (isSponsor) return [`may not ask for themselves: ${why}`]
  return [
    `may not ask, and does not see that it exists: ${why}`,
    `may ask: ${peopleText(resource.requesters)}`,
  ]
}

function wayText(way: Way, { question }: Explanation, { admins }: Catalogue): readonly string[] {
  const { kind, by, refusal, rule } = way
  const { resource } = question
  const heading = {
    standard: 'may ask',
    sponsored: question.beneficiary === undefined ? 'may ask as a vendor' : 'may ask as a sponsor',
    'break-glass': 'may break the glass in an emergency',
  }[kind]
  const reason = reasonText(resource.reason, kind, question.reason !== undefined)
  return [
    `${heading}: ${by}`,
    ...(refusal === undefined ? [] : [`  refused: ${refusalText(refusal, question)}`]),
    `  reason: ${reason}`,
    ...(kind === 'break-glass' ? reviewText(resource, admins) : approvalText(way, question)),
    ...stepUpText(way, question),
    ...(rule === undefined ? [] : [`  rule: ${JSON.stringify(rule)}`]),
  ]
}

function reviewText({ breakGlass, stages }: Resource, admins: PeopleSet): readonly string[] {
  const seconds = breakGlass?.reviewSeconds ?? 0
  return [
    `  path: at once, without an approver; reviewed within ${formatDuration(seconds)}`,
    ...stages.map((stage) => `  reviewed by: ${answerText(stage)}`),
    ...(nameTexts(admins).length === 0 ? [] : [`  reviewed by: admins, ${peopleText(admins)}`]),
  ]
}

function approvalText({ automatic, stages }: Way, { resource, who }: Question): readonly string[] {
  const { escalation, remindSeconds, lapseSeconds, extension, duration } = resource
  const limit = automatic?.limit === undefined ? '' : `, at most ${limitText(automatic.limit)}`
  const right = rightToAnswer({ kind: 'standard' }, resource, who)
  return [
    automatic === undefined
      ? '  path: by approval'
      : `  path: at once by ${automatic.name}, up to ${formatDuration(automatic.maxSeconds)}${limit}`,
    ...stages.flatMap((stage, index) => stageLines(stage, index, automatic !== undefined)),
    ...(escalation === undefined
      ? []
      : [
          `  unanswered: after ${formatDuration(escalation.afterSeconds)} also ${peopleText(escalation.to)}, ${whoArePinged(escalation.to)}`,
        ]),
    ...(remindSeconds === undefined
      ? []
      : [`  reminded: after ${formatDuration(remindSeconds)}, then each time after twice as long`]),
    `  lapses: after ${formatDuration(lapseSeconds)}`,
    ...(extension === undefined
      ? []
      : [
          `  can be extended: ${extension.times} time${extension.times === 1 ? '' : 's'} by ${formatDuration(extension.maxSeconds)}, up to ${formatDuration(duration.maxSeconds)} in all`,
        ]),
    ...(right === undefined ? [] : ['  they are an approver, and cannot answer their own request']),
  ]
}

function stepUpText({ kind, automatic }: Way, { resource }: Question): readonly string[] {
  if (!resource.needsStepUp) return []
  const where = 'on the page behind Pomerium only, with a linked identity'
  if (kind === 'break-glass') return [`  step-up: opened ${where}; refused in Slack`]
  const alone =
    automatic === undefined
      ? ''
      : `; ${automatic.name} lets in only who asks there, and what is asked in Slack waits for approvers`
  return [`  step-up: approved ${where}${alone}`]
}

function stageLines(stage: Stage, index: number, isOtherwise: boolean): readonly string[] {
  const title = stage.title === undefined ? '' : `${stage.title}, `
  const { approvers, silent, approvals } = stage
  const { pinged = 'nobody', unpinged } = pingedTexts(approvers)
  return [
    `  ${isOtherwise ? 'otherwise ' : ''}stage ${index + 1}: ${title}${approvals} approval${approvals === 1 ? '' : 's'}`,
    `    pinged: ${pinged}`,
    ...(unpinged === undefined ? [] : [`    not pinged: ${unpinged}`]),
    ...(silent === undefined ? [] : [`    may answer silently: ${peopleText(silent)}`]),
  ]
}

function whoArePinged(set: PeopleSet): string {
  const { pinged, unpinged } = pingedTexts(set)
  if (pinged === undefined) return 'who are not pinged'
  return unpinged === undefined ? 'who are pinged' : `of whom ${pinged} are pinged`
}

function answerText({ approvers, silent }: Stage): string {
  const quiet = silent === undefined ? '' : ` (silently: ${peopleText(silent)})`
  return `${peopleText(approvers)}${quiet}`
}

function reasonText(rule: ReasonRule, kind: Way['kind'], isChecked: boolean): string {
  const least = kind === 'break-glass' ? BREAK_GLASS_REASON_MIN : 1
  const min = Math.max(rule.minLength, least)
  const contains = rule.pattern === undefined ? '' : `, and must contain ${rule.pattern.source}`
  const note = isChecked ? '' : ' (none was given, so it is not checked)'
  return `at least ${min} character${min === 1 ? '' : 's'}${contains}${note}`
}

function sponsorText({ isSponsor, question }: Explanation): readonly string[] {
  const { vendors } = question.resource
  if (vendors === undefined || question.beneficiary !== undefined) return []
  const people = peopleText(vendors.people)
  return isSponsor
    ? [`may ask as a sponsor for ${people}, with "for" and the address`]
    : question.who.standing === 'member'
      ? []
      : [`sponsors, who may also ask for vendors not in Slack: ${peopleText(vendors.sponsors)}`]
}

function limitsText({ limits }: Catalogue): readonly string[] {
  const { openRequests, grants, requestsPerHour } = limits
  const parts = [
    ...(openRequests === undefined ? [] : [`${openRequests} open requests`]),
    ...(grants === undefined ? [] : [`${grants} grants`]),
    ...(requestsPerHour === undefined ? [] : [`${requestsPerHour} requests an hour`]),
  ]
  return parts.length === 0 ? [] : [`limits of one person: ${parts.join(', ')}`]
}

function outageText({ outageSeconds }: Catalogue): readonly string[] {
  if (outageSeconds === 0) return []
  return [
    `while Slack cannot be asked: on the pages, by what Slack said within ${formatDuration(outageSeconds)}`,
  ]
}

/** Why a wish is refused, by the key of the catalogue that refuses it. */
function refusalText(refusal: Refusal, { durationSeconds }: Question): string {
  const asked = formatDuration(durationSeconds)
  if (refusal.code === 'duration-too-long')
    return `${asked} is longer than the maximum of ${formatDuration(refusal.maxSeconds)}`
  if (refusal.code === 'duration-not-offered')
    return `${asked} is not among duration.choices: ${refusal.choices.map(formatDuration).join(', ')}`
  if (refusal.code === 'reason-too-short')
    return `the reason is shorter than ${refusal.minLength} characters`
  if (refusal.code === 'reason-too-long')
    return `the reason is longer than ${refusal.maxLength} characters`
  if (refusal.code === 'start-not-offered') return 'it cannot be had at a later time'
  if (refusal.code === 'start-too-far')
    return `the start is further ahead than schedule, ${formatDuration(refusal.maxSeconds)}`
  // The others are about what people have already: nothing of that is asked here.
  return refusal.code === 'reason-mismatch'
    ? 'the reason does not contain reason.pattern'
    : refusal.code
}
