import { migrate } from '../../db/migrate.ts'
import type { CliCommand } from './command.ts'
import { withDatabase } from './database.ts'

/** Brings the database up to date; safe with several at once. */
export const migrateCommand: CliCommand = {
  usage: ['migrate — bring the database of DATABASE_URL up to date'],
  run: (args) =>
    args.length > 0
      ? { type: 'usage' }
      : withDatabase(
          async (db) => {
            const applied = await migrate(db)
            const text = applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`
            return { type: 'ok', text }
          },
          { isPatient: true },
        ),
}
