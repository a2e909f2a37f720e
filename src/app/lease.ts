/** The exclusive right to work on one key, for as long as it is held. */
export interface Lease {
  /** Makes sure that the lease is still ours before something that must not happen twice; throws {@link LeaseLost}. */
  hold(): Promise<void>
}

/** Somebody else has the right now; what was under way must stop. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}
