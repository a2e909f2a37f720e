import type { Names, PeopleSet } from '../domain/resource.ts'
import { nameTexts, peopleText } from './people-text.ts'

/** `wider`: somebody may do more, or more easily; `changed`: neither, or it cannot be told. */
export type Effect = 'wider' | 'narrower' | 'changed'

/** One thing that another catalogue changes. */
export interface Change {
  readonly effect: Effect
  /** `grafana-prod:read`, or the file itself. */
  readonly subject: string
  readonly text: string
}

export type Report = (effect: Effect, text: string) => void

/** Notes changes of one subject. */
export function reporter(subject: string, changes: Change[]): Report {
  return (effect, text) => {
    changes.push({ effect, subject, text })
  }
}

/** Values of which one is no more than the other. */
export function plain(
  report: Report,
  label: string,
  before: string | undefined,
  after: string | undefined,
): void {
  if (before !== after)
    report('changed', `${label} is ${after ?? 'not given'}, was ${before ?? 'not given'}`)
}

/** Numbers of which more is wider, or narrower, or neither. */
export function numbers(
  report: Report,
  label: string,
  before: number,
  after: number,
  how: { readonly more: Effect; readonly show: (value: number) => string },
): void {
  if (before === after) return
  const effect = after > before ? how.more : opposite(how.more)
  report(effect, `${label} is ${how.show(after)}, was ${how.show(before)}`)
}

/** Lists of which each entry is a right. */
export function lists(
  report: Report,
  label: string,
  before: readonly string[],
  after: readonly string[],
): void {
  const [added, removed] = [without(after, before), without(before, after)]
  if (added.length > 0) report('wider', `${label}: also ${added.join(', ')}`)
  if (removed.length > 0) report('narrower', `${label}: no longer ${removed.join(', ')}`)
}

/** Sets of people who have a right; what `deny` gains, they lose. */
export function peopleSets(
  report: Report,
  label: string,
  before: PeopleSet | Names,
  after: PeopleSet | Names,
): void {
  const now = ` (now ${peopleText(after)})`
  const say = (effect: Effect, words: string, names: readonly string[]) => {
    if (names.length > 0) report(effect, `${label}: ${words} ${names.join(', ')}${now}`)
  }
  const [had, has] = [nameTexts(before), nameTexts(after)]
  // Whoever everyone covers loses nothing with a name of their own, and gains nothing by one.
  say(before.everyone ? 'changed' : 'wider', 'also', without(has, had))
  say(after.everyone ? 'changed' : 'narrower', 'no longer', without(had, has))
  const [denied, denies] = [deniedBy(before), deniedBy(after)]
  say('narrower', 'denies also', without(denies, denied))
  say('wider', 'denies no longer', without(denied, denies))
}

/** The elements of one list that the other lacks. */
export function without(list: readonly string[], other: readonly string[]): readonly string[] {
  return list.filter((element) => !other.includes(element))
}

function deniedBy(set: PeopleSet | Names): readonly string[] {
  return 'deny' in set && set.deny !== undefined ? nameTexts(set.deny) : []
}

function opposite(effect: Effect): Effect {
  if (effect === 'changed') return effect
  return effect === 'wider' ? 'narrower' : 'wider'
}
