import type { Store } from '../../src/app/store.ts'
import { BY_BOT } from '../../src/app/record.ts'
import type { ResourceId } from '../../src/domain/ids.ts'
import { approval, ask, change } from '../postgres/support.ts'
import { aCatalogue, anEngineer } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'
import type { Report } from './report.ts'
import { spread } from './report.ts'

const DECISIONS = 600
const WRITERS = 8
const WARM_UP = 50

/** What an event costs without a chain: a number and a time, and nobody waits for anybody. */
const UNCHAINED = `
  create sequence plain_seq;
  create or replace function chain_audit_event() returns trigger language plpgsql security definer as $$
  begin
    new.seq := nextval('plain_seq');
    new.at := jit_now();
    new.recorded_by := session_user;
    new.actor_digest := case new.actor_kind when 'person' then '\\x00'::bytea end;
    new.hash := '\\x00';
    return new;
  end $$`

/** What the chain adds to a decision that is stored, one at a time and at once. */
export async function measureChain(report: Report): Promise<void> {
  for (const isChained of [false, true]) {
    await using database = await aBenchDatabase()
    if (!isChained) await database.pool.query(UNCHAINED)
    const { store } = database
    await decideMany(store, 'warm', WARM_UP)
    const alone = await decideMany(store, 'alone', DECISIONS)
    const startedAt = performance.now()
    const writers = Array.from({ length: WRITERS }, (_, n) =>
      decideMany(store, `w${n}-`, DECISIONS / WRITERS),
    )
    await Promise.all(writers)
    const rate = (DECISIONS / (performance.now() - startedAt)) * 1_000
    report.line(
      isChained ? 'store an approval, in the chain' : 'store an approval, were there no chain',
      spread(alone),
    )
    report.line(
      `  ask and approve, ${WRITERS} writers at once`,
      `${rate.toFixed(0)} pairs/s, ${(rate * 2).toFixed(0)} events/s`,
    )
    if (isChained) report.line('  events by one writer', await appendRate(store))
  }
}

async function aBenchDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase(WRITERS)
  await database.store.transaction((tx) => tx.catalogues.accept(aCatalogue(), 'resources: []'))
  return database
}

/** Milliseconds of each approval. */
async function decideMany(store: Store, prefix: string, count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n += 1) {
    const by = anEngineer(`${prefix}${n}`)
    const { id } = await ask(store, { by })
    const startedAt = performance.now()
    await change(store, id, approval({ requester: by }))
    times.push(performance.now() - startedAt)
  }
  return times
}

async function appendRate(store: Store): Promise<string> {
  const count = 1_000
  const startedAt = performance.now()
  for (let n = 0; n < count; n += 1)
    await store.transaction(async (tx) =>
      tx.audit.append({
        ...BY_BOT,
        action: 'policy.written',
        resourceId: 'grafana-prod' as ResourceId,
        alert: false,
        details: { policy: 'jit-grafana-prod' },
      }),
    )
  return `${((count / (performance.now() - startedAt)) * 1_000).toFixed(0)} transactions/s`
}
