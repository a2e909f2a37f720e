import type { InputBlock, PlainTextOption } from '@slack/types'
import type { Offer } from '../app/use-cases.ts'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import type { Resource } from '../domain/resource.ts'
import { BREAK_GLASS_REASON_MIN } from '../domain/rules.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { refOf } from '../domain/resource.ts'
import { durationInput, initial, wordsInput } from './form-parts.ts'
import { termsOf } from './lists.ts'
import { duration } from './mrkdwn.ts'
import type { RequestMode } from './request-offers.ts'
import { mostSeconds, presetFor } from './request-offers.ts'
import { plain } from './wording-blocks.ts'
import { fieldProblem } from '../words/field-problem.ts'

/** Sent when a resource is chosen, so that the form can follow. */
export const RESOURCE_ACTION = 'jit:resource'

const TITLE_MAX = 75
const LEVEL_MAX = 30
const EMAIL_MAX = 320
const START_MAX = 40
const DURATION_SHOWN_MAX = 40
/** Slack's picker takes seconds of ten digits only. */
const PICKED = /^[1-9]\d{9}$/

/** The menu of resources, each at its level. */
export function resourceField(
  mode: RequestMode,
  offers: readonly Offer[],
  chosen: Offer | undefined,
): InputBlock {
  const option = (offer: Offer) => optionFor(mode, offer)
  return {
    type: 'input',
    block_id: 'resource',
    dispatch_action: true,
    label: plain('Resource', 75),
    element: {
      type: 'static_select',
      action_id: RESOURCE_ACTION,
      placeholder: plain('Choose a resource', 150),
      options: offers.map(option),
      ...(chosen === undefined ? {} : { initial_option: option(chosen) }),
    },
  }
}

function optionFor(mode: RequestMode, { resource }: Offer): PlainTextOption {
  const terms =
    mode === 'access' ? termsOf(resource) : emergencyTerms(mostSeconds(mode, resource), resource)
  return {
    text: plain(titleOf(resource), TITLE_MAX),
    value: refOf(resource),
    description: plain(terms, 75),
  }
}

function emergencyTerms(maxSeconds: number, { risk }: Resource): string {
  return `at most ${duration(maxSeconds)}, no approval${risk === 'high' ? ', high risk' : ''}`
}

/** Title and level, both to be seen however long they are. */
function titleOf({ id, title, level }: Resource): string {
  const clean = cutText(cleanText(title, { multiline: false }) || id, TITLE_MAX)
  if (level === undefined) return clean
  const named = cutText(cleanText(level.title, { multiline: false }) || level.id, LEVEL_MAX)
  return `${cutText(clean, TITLE_MAX - named.length - 3)} – ${named}`
}

/** The address of the one whom the asker sponsors; it must be filled in when they may not ask for themselves. */
export function beneficiaryField(value: string | undefined, chosen: Offer | undefined): InputBlock {
  const isForOthersOnly = chosen?.kinds.every((kind) => kind === 'break-glass') === true
  const empty = isForOthersOnly ? '' : '; empty when you ask for yourself'
  return {
    type: 'input',
    block_id: 'beneficiary',
    optional: !isForOthersOnly,
    label: plain('For somebody else', 75),
    hint: plain(
      `The e-mail address of somebody who is not in Slack and whom you sponsor${empty}.`,
      300,
    ),
    element: {
      type: 'email_text_input',
      action_id: 'beneficiary',
      placeholder: plain('user@partner.example', 150),
      ...initial(value ?? '', EMAIL_MAX, false),
    },
  }
}

/** How long; a menu where the resource has choices. Break-glass access has none. */
export function durationField(
  mode: RequestMode,
  value: string | undefined,
  chosen: Offer | undefined,
): InputBlock {
  const label = 'Duration'
  if (chosen === undefined) {
    const hint = 'From 1m up to the maximum that the menu shows for the resource.'
    return durationInput({ label, hint, value })
  }
  const { resource } = chosen
  const { choices } = resource.duration
  const preset = presetFor(mode, chosen)
  // Slack keeps what a field holds while its name stays the same, and would not show another proposal.
  const actionId = `duration ${refOf(resource)}`
  if (mode === 'access' && choices.length > 0) {
    const hint = `The choices for ${titleOf(resource)}.`
    return durationInput({
      label,
      hint,
      actionId,
      choices,
      value: choiceOf(value, chosen) ?? preset,
    })
  }
  const hint = `From 1m to ${duration(mostSeconds(mode, resource))} for ${titleOf(resource)}.`
  return durationInput({ label, hint, actionId, value: value ?? preset })
}

/** The choice that a typed duration is, however it is written. */
function choiceOf(value: string | undefined, { resource }: Offer): string | undefined {
  const parsed = parseDuration(value ?? '')
  const isChoice = parsed.ok && resource.duration.choices.includes(parsed.seconds)
  return isChoice ? formatDuration(parsed.seconds) : undefined
}

/**
 * What to say beside {@link durationField}, as plain text: its menu holds the choices of the resource only, so what was
 * entered and is none of them is told there.
 */
export function durationNote(
  mode: RequestMode,
  value: string | undefined,
  chosen: Offer | undefined,
  problem: string | undefined,
): string | undefined {
  const choices = chosen?.resource.duration.choices ?? []
  if (mode !== 'access' || chosen === undefined || choices.length === 0) return problem
  if (value === undefined || value === '' || choiceOf(value, chosen) !== undefined) return problem
  const said = problem ?? fieldProblem({ code: 'duration-not-offered', choices })?.text ?? ''
  return `You entered “${cutText(cleanText(value, { multiline: false }), DURATION_SHOWN_MAX)}”. ${said}`
}

/** The resource for which {@link durationField} proposed a duration, from the name of the field. */
export function presetRef(actionId: string): string | undefined {
  return /^duration (.+)$/.exec(actionId)?.[1]
}

/** When access is to start. What was typed goes by the asker's clock, which is not known here: it stays as it is. */
export function startField(value: string | Date | undefined): InputBlock {
  return {
    type: 'input',
    block_id: 'start',
    optional: true,
    label: plain('Start', 75),
    hint: plain('Empty: as soon as the request is approved.', 300),
    element:
      typeof value === 'string'
        ? {
            type: 'plain_text_input',
            action_id: 'start-words',
            placeholder: plain('14:00, tomorrow 9:00 or 2026-11-23 09:00', 150),
            max_length: START_MAX,
            ...initial(value, START_MAX, false),
          }
        : { type: 'datetimepicker', action_id: 'start', ...picked(value) },
  }
}

function picked(at: Date | undefined): { readonly initial_date_time?: number } {
  const seconds = Math.floor((at?.getTime() ?? 0) / 1_000)
  return PICKED.test(String(seconds)) ? { initial_date_time: seconds } : {}
}

/** Why. */
export function reasonField(
  mode: RequestMode,
  value: string | undefined,
  chosen: Offer | undefined,
): InputBlock {
  const { hint = '', minLength = 1 } = chosen?.resource.reason ?? {}
  const least = `${Math.max(minLength, BREAK_GLASS_REASON_MIN)} characters or more.`
  const isAccess = mode === 'access'
  return wordsInput({
    blockId: 'reason',
    label: 'Reason',
    hint: isAccess ? hint : `${hint} ${least}`.trim(),
    placeholder: isAccess
      ? 'Why you need it; the approvers read this'
      : 'What is wrong; the audit channel reads this',
    value,
  })
}
