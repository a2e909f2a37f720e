import type { Offer } from '../app/use-cases.ts'
import { formatDuration } from '../domain/duration.ts'
import { longestSeconds } from '../domain/rules.ts'
import { refOf } from '../domain/resource.ts'
import type { Choice } from './controls.ts'
import { allOf, resourceTitle, spoken } from './wording.ts'

/** So many resources fit into one list. */
export const OFFERS_SHOWN = 100

/** The offers that the list has: the matches when there are too many; the chosen one and its other levels always. */
export function offersShown({
  offers,
  find,
  typed,
}: {
  readonly offers: readonly Offer[]
  readonly find: string
  readonly typed: ReadonlyMap<string, string>
}): readonly Offer[] {
  if (offers.length <= OFFERS_SHOWN) return offers
  const ref = typed.get('resource')
  const id = ref?.split(':')[0]
  const isNamed = ({ resource }: Offer) => resource.id === id
  const found = matching(offers, find)
  const others = (found.length === 0 ? offers : found).filter((offer) => !isNamed(offer))
  return [...offers.filter(isNamed), ...others].slice(0, OFFERS_SHOWN)
}

/** The offers whose title or id has all the words. */
export function matching(offers: readonly Offer[], find: string): readonly Offer[] {
  const words = find.toLowerCase().split(/\s+/)
  return offers.filter(({ resource }) => {
    const text = `${resourceTitle(resource)} ${refOf(resource)}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Offers as choices: those that somebody may ask for plainly first. */
export function groupsOf(offers: readonly Offer[]) {
  const isEmergencyOnly = ({ kinds, isSponsor }: Offer) =>
    !isSponsor && kinds.every((kind) => kind === 'break-glass')
  const isForOthersOnly = ({ kinds, isSponsor }: Offer) => isSponsor && kinds.length === 0
  const plainly = offers.filter((offer) => !isEmergencyOnly(offer) && !isForOthersOnly(offer))
  return [
    { choices: plainly.map(choiceOf) },
    { label: 'In an emergency only', choices: offers.filter(isEmergencyOnly).map(choiceOf) },
    { label: 'For somebody else only', choices: offers.filter(isForOthersOnly).map(choiceOf) },
  ]
}

function choiceOf(offer: Offer): Choice {
  const { resource } = offer
  return {
    value: refOf(resource),
    label: `${resourceTitle(resource)} · up to ${spoken(mostSeconds(offer))}`,
  }
}

function mostSeconds({ resource, kinds, isSponsor }: Offer): number {
  const isEmergency = !isSponsor && kinds.every((kind) => kind === 'break-glass')
  return longestSeconds(resource, isEmergency ? 'break-glass' : 'standard')
}

/** The time that a form proposes; empty while no resource is chosen. */
export function preset(offer: Offer | undefined): string {
  if (offer === undefined) return ''
  const { defaultSeconds } = offer.resource.duration
  return formatDuration(Math.min(defaultSeconds, mostSeconds(offer)))
}

/** What may be typed as a time. */
export function durationHint(offer: Offer | undefined): string {
  if (offer === undefined) return 'Such as 30m, 1h30m or 2d.'
  const { choices } = offer.resource.duration
  return choices.length > 0
    ? `Offered for ${allOf(choices.map(spoken))}.`
    : `Such as 30m or 1h30m, up to ${spoken(mostSeconds(offer))}.`
}
