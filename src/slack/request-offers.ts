import type { Offer } from '../app/use-cases.ts'
import { formatDuration } from '../domain/duration.ts'
import type { Resource } from '../domain/resource.ts'
import { longestSeconds } from '../domain/rules.ts'
import { refOf } from '../domain/resource.ts'

/** `access` is asked for and answered; `break-glass` opens at once. */
export type RequestMode = 'access' | 'break-glass'

const OPTIONS_MAX = 100
/** The stricter of the two limits that Slack documents for an option's value. */
const OPTION_VALUE_MAX = 75

/** Whether an offer is one of those that a form is about. */
export function isFor(mode: RequestMode, { kinds, isSponsor }: Offer): boolean {
  return mode === 'break-glass'
    ? kinds.includes('break-glass')
    : isSponsor || kinds.some((kind) => kind !== 'break-glass')
}

/** The offer for a resource as people write it; the only one, when there is no other. */
export function offerFor(offers: readonly Offer[], ref: string | undefined): Offer | undefined {
  return offers.length === 1 ? offers[0] : offers.find((offer) => refOf(offer.resource) === ref)
}

/**
 * The first offers that fit into a menu: the levels of the resource that was typed before all others, and the chosen
 * one always among them.
 */
export function offersShown(offers: readonly Offer[], typed: string | undefined): readonly Offer[] {
  const fitting = offers.filter(({ resource }) => refOf(resource).length <= OPTION_VALUE_MAX)
  const isLevelOf = ({ resource }: Offer) =>
    resource.level !== undefined && resource.id === typed?.split(':')[0]
  const ordered = [...fitting.filter(isLevelOf), ...fitting.filter((offer) => !isLevelOf(offer))]
  if (ordered.length <= OPTIONS_MAX) return ordered
  const first = ordered.slice(0, OPTIONS_MAX)
  const chosen = ordered.find(({ resource }) => refOf(resource) === typed)
  return chosen === undefined || first.includes(chosen) ? first : [...first.slice(0, -1), chosen]
}

/** The longest time for which a form may ask, in seconds. */
export function mostSeconds(mode: RequestMode, resource: Resource): number {
  return longestSeconds(resource, mode === 'break-glass' ? 'break-glass' : 'standard')
}

/** The duration that a form proposes; empty while no resource is chosen. */
export function presetFor(mode: RequestMode, offer: Offer | undefined): string {
  if (offer === undefined) return ''
  const { defaultSeconds } = offer.resource.duration
  return formatDuration(Math.min(defaultSeconds, mostSeconds(mode, offer.resource)))
}
