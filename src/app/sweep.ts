import { decide } from '../domain/decide.ts'
import type { RequestId } from '../domain/ids.ts'
import { nextMoment } from '../domain/request.ts'
import type { Deps } from './deps.ts'
import { BY_BOT, recordChange } from './record.ts'
import type { WorkHandler } from './worker.ts'

/** The worker's hand for moments: carries out what time does to a request, its lapse or the end of its access. */
export function momentWork(deps: Pick<Deps, 'store'>): WorkHandler {
  return async ({ subject }) =>
    deps.store.transaction(async (tx) => {
      const request = await tx.requests.lock(subject as RequestId)
      if (request === undefined) return { type: 'done' }
      const decision = decide(request, { type: 'tick', at: tx.now })
      if (decision.ok) await recordChange(tx, request, decision, BY_BOT)
      // Several things may be due at the same moment: each is a step of its own.
      const moment = nextMoment(decision.ok ? decision.next : request)
      if (moment === undefined) return { type: 'done' }
      return { type: 'again', afterMs: Math.max(1, moment.getTime() - tx.now.getTime()) }
    })
}
