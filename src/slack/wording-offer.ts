import type { Offer } from '../app/use-cases.ts'
import type { Resource } from '../domain/resource.ts'
import { refOf } from '../domain/resource.ts'
import { code, duration, enumerate, inline, several } from './mrkdwn.ts'
import { stageName } from './wording-asked.ts'
import { fewPeople, isAnybody } from './wording-people.ts'

const TITLE_MAX = 75
const LEVEL_MAX = 40
const STAGES_SHOWN = 3

/** How people write it, and its title with its level, as mrkdwn. */
export function offerName({ resource }: Offer): string {
  const ref = refOf(resource)
  const level = resource.level === undefined ? '' : inline(resource.level.title, LEVEL_MAX)
  const title = inline(resource.title, TITLE_MAX)
  return `${code(ref, TITLE_MAX)} ${title}${level === '' ? '' : ` – ${level}`}`
}

/** Who approves it, and what else is possible, as mrkdwn. */
export function offerWords(offer: Offer): string {
  return [...approval(offer.resource), ...possibilities(offer)].join('; ')
}

function approval({ stages }: Resource): readonly string[] {
  const shown = stages.slice(0, STAGES_SHOWN).map((stage, index) => {
    const { approvers, silent = approvers } = stage
    const who = fewPeople(isAnybody(approvers) ? approvers : silent)
    return stages.length < 2 ? who : `${stageName(stage, index)} (${who})`
  })
  const rest = stages.length - shown.length
  const all = rest > 0 ? [...shown, several(rest, 'more stage')] : shown
  return [`approved by ${all.join(', then ')}`]
}

function possibilities({ resource, kinds, isSponsor }: Offer): readonly string[] {
  const { automatic, breakGlass, duration: terms, extension, scheduleSeconds } = resource
  const isOwn = kinds.includes('standard')
  const alone = Math.max(0, ...automatic.map(({ maxSeconds }) => maxSeconds))
  const isForAll = automatic.some(({ requesters }) => requesters === undefined)
  const choices = enumerate(terms.choices.map(duration), 6)
  return [
    choices === '' ? '' : `only for ${choices}`,
    isOwn && alone > 0
      ? `without an approver up to ${duration(alone)}${isForAll ? '' : ' for some people'}`
      : '',
    isOwn && resource.regoMayApprove ? 'the Rego policy may approve it alone' : '',
    scheduleSeconds > 0 ? `may start up to ${duration(scheduleSeconds)} ahead` : '',
    extension === undefined
      ? ''
      : `may be extended ${several(extension.times, 'time')} by ${duration(extension.maxSeconds)}`,
    breakGlass !== undefined && kinds.includes('break-glass')
      ? `${isOwn ? '' : 'only '}break-glass up to ${duration(breakGlass.maxSeconds)}`
      : '',
    kinds.includes('sponsored') ? 'a sponsor has to vouch for you' : '',
    isSponsor ? 'you may ask on behalf of vendors' : '',
  ].filter((text) => text !== '')
}
