import type { RecordedEvent } from '../app/ports.ts'
import type { AuditAction } from '../domain/event.ts'
import type { Json } from '../domain/ppl.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { several } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import { facts, header, preformatted, section } from './wording-blocks.ts'
import { EVENT_WORDS } from './wording-event.ts'

const BAR_CELLS = 20
const BARS_MAX = 12
const NAME_MAX = 32
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/
const MONTHS =
  'January February March April May June July August September October November December'.split(' ')

/** What goes to the audit channel for information, without its small print; `undefined` for what is an alarm. */
export function noticeMessage(event: RecordedEvent): Message | undefined {
  const write = NOTICES[event.action]
  return write?.(event)
}

const NOTICES: Partial<Record<AuditAction, (event: RecordedEvent) => Message>> = {
  'audit.head_published': headMessage,
  'audit.month_summed_up': summaryMessage,
}

function headMessage({ seq, action, details }: RecordedEvent): Message {
  const { what, remedy = '' } = EVENT_WORDS[action]
  const verified = numberOf(details['seq'])
  const said = verified === 0 ? '' : ` The bot has verified everything up to event ${verified}.`
  return {
    text: `${what}: event ${seq}.${said}`,
    blocks: [header(`what-${seq}`, `🧾 ${what}`), section(`todo-${seq}`, `${remedy}${said}`)],
  }
}

function summaryMessage({ seq, action, details }: RecordedEvent): Message {
  const number = (name: string) => numberOf(details[name])
  const { what, remedy = '' } = EVENT_WORDS[action]
  const title = what.replace('a month', monthName(details['month']))
  const [grants, unreviewed] = [number('grants'), number('unreviewed')]
  const bars = barsOf(details['byResource'], number('others'))
  return {
    text: `${title}: ${several(grants, 'grant')}, ${number('breakGlass')} break-glass, ${unreviewed} of any time not reviewed.`,
    blocks: [
      header(`what-${seq}`, `🧾 ${title}`),
      facts(`numbers-${seq}`, [
        ['Granted', `${grants}`],
        ['By a rule, without approver', `${number('automatic')}`],
        ['Break-glass', `${number('breakGlass')}`],
        ['Break-glass not reviewed yet', `${unreviewed}`],
        ['Denied', `${number('denied')}`],
        ['Drift repaired', `${number('drift')}`],
        ['Foreign rules found', `${number('foreign')}`],
        ['Policies blocked', `${number('blocked')}`],
      ]),
      ...(bars === '' ? [] : [preformatted(`by-resource-${seq}`, bars)]),
      section(
        `todo-${seq}`,
        unreviewed === 0
          ? remedy
          : `${several(unreviewed, 'review')} of break-glass access ${unreviewed === 1 ? 'is' : 'are'} still open: find approvers who say whether it was justified.`,
      ),
    ],
  }
}

/** A line for each resource: its name, a bar as long as its share of the largest, and its grants. */
function barsOf(byResource: Json | undefined, others: number): string {
  const pairs = (Array.isArray(byResource) ? byResource : []).slice(0, BARS_MAX).map(pairOf)
  const all = others === 0 ? pairs : [...pairs, ['(others)', others] as const]
  const most = Math.max(1, ...all.map(([, count]) => count))
  const width = Math.max(...all.map(([name]) => name.length), 0)
  return all
    .map(([name, count]) => `${name.padEnd(width)}  ${bar(count / most)} ${count}`)
    .join('\n')
}

function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR_CELLS * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

function pairOf(value: Json): readonly [string, number] {
  const [name, count] = Array.isArray(value) ? value : []
  const words = typeof name === 'string' ? cleanText(name, { multiline: false }) : ''
  return [cutText(words, NAME_MAX), numberOf(count)]
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function monthName(value: Json | undefined): string {
  const [, year, month] = MONTH.exec(typeof value === 'string' ? value : '') ?? []
  return month === undefined ? 'a month' : `${MONTHS[Number(month) - 1]} ${year}`
}
