import { readdir, readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Migration, MigrationProvider } from 'kysely/migration'

const FOLDER = new URL('./migrations/', import.meta.url)

const provider: MigrationProvider = {
  async getMigrations() {
    const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
    const migrations: Record<string, Migration> = {}
    for (const file of files) {
      const text = await readFile(new URL(file, FOLDER), 'utf8')
      migrations[file.slice(0, -'.sql'.length)] = {
        up: async (db) => void (await sql.raw(text).execute(db)),
      }
    }
    return migrations
  },
}

function migrator<Schema>(db: Kysely<Schema>): Migrator {
  return new Migrator({
    db,
    provider,
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
  })
}

/** Names of the migrations that the database does not have yet, in order. */
export async function pendingMigrations<Schema>(db: Kysely<Schema>): Promise<readonly string[]> {
  const all = await migrator(db).getMigrations()
  return all.filter((migration) => migration.executedAt === undefined).map(({ name }) => name)
}

/** Applies every pending migration and returns their names; several callers at once are safe, the losers find nothing to do. */
export async function migrate<Schema>(db: Kysely<Schema>): Promise<readonly string[]> {
  const { error, results } = await migrator(db).migrateToLatest()
  const failed = results?.find((result) => result.status === 'Error')
  if (error !== undefined)
    throw new Error(
      `migration ${failed?.migrationName ?? '(none started)'} failed; the database is as it was before it: ${reasonOf(error)}`,
      { cause: error },
    )
  return (results ?? []).map((result) => result.migrationName)
}

/** With what the migration says must be done first. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const hint = 'hint' in error && typeof error.hint === 'string' ? `\n${error.hint}` : ''
  return `${error.message}${hint}`
}
