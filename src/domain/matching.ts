/**
 * Seats somebody of those who are able to take a seat: whoever is free before anybody moves, else along an augmenting
 * path, so that it succeeds whenever there is a way to. `seated` holds where everybody sits.
 * Source: https://en.wikipedia.org/wiki/Maximum_cardinality_matching
 */
export function takeSeat<Who, Seat>(
  seat: Seat,
  ableTo: (seat: Seat) => Iterable<Who>,
  seated: Map<Who, Seat>,
  asked: Set<Who> = new Set(),
): boolean {
  const able = [...ableTo(seat)]
  const mayMove = (who: Who): boolean => {
    const other = seated.get(who)
    if (other === undefined || asked.has(who)) return false
    asked.add(who)
    return takeSeat(other, ableTo, seated, asked)
  }
  const next = able.find((who) => !seated.has(who)) ?? able.find(mayMove)
  if (next === undefined) return false
  seated.set(next, seat)
  return true
}

/** How many seats can be taken at once, each by somebody of its crowd and everybody once. */
export function mostSeated(crowds: readonly ReadonlySet<string>[]): number {
  const seated = new Map<string, ReadonlySet<string>>()
  return crowds.filter((crowd) => takeSeat(crowd, (seat) => seat, seated)).length
}
