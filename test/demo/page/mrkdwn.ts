import { DOORS } from './cast.ts'
import type { Html } from './html.ts'
import { html, markupOf, safe } from './html.ts'

/** What is needed to show texts that name people and places. */
export interface Names {
  person(id: string): string | undefined
  channel(id: string): string | undefined
  group(id: string): string | undefined
}

const EMOJI: Readonly<Record<string, string>> = {
  warning: '⚠️',
  white_check_mark: '✅',
  x: '❌',
  hourglass: '⌛',
  lock: '🔒',
  unlock: '🔓',
  rotating_light: '🚨',
  information_source: 'ℹ️',
}

/** Stand for finished pieces while the rest is still marked up. */
const [OPEN, SHUT] = ['\uE000', '\uE001']

/** Slack's markup as HTML. Source: https://docs.slack.dev/messaging/formatting-message-text */
export function mrkdwn(text: string, names: Names): Html {
  const pieces: string[] = []
  const keep = (piece: Html): string => `${OPEN}${pieces.push(markupOf(piece)) - 1}${SHUT}`
  const marked = text
    .replaceAll(/[\uE000\uE001]/g, '')
    .replaceAll(/```\n?([^]*?)```/g, (_all, code: string) =>
      keep(html`<pre>${unescape(code)}</pre>`),
    )
    .replaceAll(/`([^`\n]+)`/g, (_all, code: string) => keep(html`<code>${unescape(code)}</code>`))
    .replaceAll(/<([^<>]*)>/g, (_all, token: string) => keep(mention(token, names)))
    .replaceAll(/:([a-z_]+):/g, (all, name: string) => EMOJI[name] ?? all)
  const styled = markupOf(unescape(marked))
    .replaceAll(style('*'), '$1<strong>$2</strong>')
    .replaceAll(style('_'), '$1<em>$2</em>')
    .replaceAll(style('~'), '$1<s>$2</s>')
    .replaceAll(/^&gt; ?(.*)$/gm, '<blockquote>$1</blockquote>')
    .replaceAll('\n', '<br>')
  return safe(restore(styled, pieces))
}

/** A link; one to a door of the demo knocks there as the person who reads it. */
export function linkTo(url: string, label: string): Html {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return html`${label}`
  return DOORS.some(({ host }) => host === parsed.host)
    ? html`<button type="button" class="link" data-act="visit" data-host="${parsed.host}">
        ${label}
      </button>`
    : html`<a href="${parsed.href}" target="_blank" rel="noreferrer noopener">${label}</a>`
}

/** An instant, which the browser puts into its own zone. Seconds since the epoch. */
export function instant(seconds: number, format: string, fallback: string): Html {
  const at = new Date(seconds * 1_000)
  return Number.isNaN(at.getTime())
    ? html`${fallback}`
    : html`<time datetime="${at.toISOString()}" data-format="${format}">${fallback}</time>`
}

/** Somebody's or something's name, as mentioned. */
export function mentioned(sign: '@' | '#', name: string): Html {
  return html`<span class="mention">${sign}${name}</span>`
}

function mention(token: string, names: Names): Html {
  const [target, label] = split(token, '|')
  const id = target.slice(1)
  if (target.startsWith('@')) return mentioned('@', names.person(id) ?? label ?? id)
  if (target.startsWith('#')) return mentioned('#', names.channel(id) ?? label ?? id)
  if (target.startsWith('!subteam^')) {
    const group = target.slice('!subteam^'.length)
    return mentioned('@', names.group(group) ?? label ?? group)
  }
  if (target.startsWith('!date^')) {
    const [, seconds = '', format = ''] = target.split('^')
    return instant(Number(seconds), format, unescape(label ?? ''))
  }
  if (target.startsWith('mailto:')) return html`${unescape(label ?? target.slice(7))}`
  if (target.startsWith('!')) return mentioned('@', label ?? id)
  return linkTo(unescape(target), unescape(label ?? target))
}

function split(text: string, at: string): readonly [string, string | undefined] {
  const index = text.indexOf(at)
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)]
}

function style(sign: string): RegExp {
  const inner = `[^\\s\\${sign}](?:[^\\${sign}\\n]*[^\\s\\${sign}])?`
  return new RegExp(
    `(^|[\\s(${OPEN}${SHUT}])\\${sign}(${inner})\\${sign}(?=$|[\\s.,;:!?)${OPEN}])`,
    'gm',
  )
}

function restore(markup: string, pieces: readonly string[]): string {
  const marks = new RegExp(`${OPEN}(\\d+)${SHUT}`, 'g')
  return markup.replaceAll(marks, (_all, index: string) =>
    restore(pieces[Number(index)] ?? '', pieces),
  )
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
