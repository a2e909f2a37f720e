import type { Messages, ShownMessage } from '../app/store.ts'
import type { Database } from './database.ts'

/** The messages that show requests and alerts. */
export function messagesIn(tx: Database): Messages {
  const update = (id: number) => tx.updateTable('slack_message').where('id', '=', String(id))
  return {
    async of(id) {
      const rows = await tx
        .selectFrom('slack_message')
        .select(['id', 'kind', 'channel', 'ts', 'shown_version', 'trail_version'])
        .where('request_id', '=', id)
        .where('gone', '=', false)
        .orderBy('id')
        .execute()
      return rows.map((row) => ({
        id: Number(row.id),
        kind: row.kind as ShownMessage['kind'],
        place: { channel: row.channel, ts: row.ts },
        shownVersion: row.shown_version,
        trailVersion: row.trail_version,
      }))
    },
    async posted(id, kind, { channel, ts }, versions) {
      const inserted = await tx
        .insertInto('slack_message')
        .values({
          kind,
          request_id: id,
          channel,
          ts,
          shown_version: versions.shown,
          trail_version: versions.trail,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['channel', 'ts'])
            .doUpdateSet({ gone: false, shown_version: versions.shown })
            .where('slack_message.gone', '=', true),
        )
        .returning('id')
        .executeTakeFirst()
      return inserted !== undefined
    },
    async shows(messageId, { shown, trail }) {
      await update(messageId).set({ shown_version: shown, trail_version: trail }).execute()
    },
    async gone(messageId) {
      await update(messageId).set({ gone: true }).execute()
    },
    async alertPosted(seq, { channel, ts }) {
      await tx
        .insertInto('slack_message')
        .values({
          kind: 'alert',
          audit_seq: String(seq),
          channel,
          ts,
          shown_version: 0,
          trail_version: 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async isAlertPosted(seq) {
      const row = await tx
        .selectFrom('slack_message')
        .select('id')
        .where('audit_seq', '=', String(seq))
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
