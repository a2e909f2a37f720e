import type { Login } from './database.ts'
import type { Cluster } from './cluster.ts'
import { startCluster } from './cluster.ts'
import { createAppLogin, createTemplate, onServer } from './database.ts'

let cluster: Cluster | undefined
let login: Login | undefined

/** One server for the whole run: that of TEST_DATABASE_URL when given, else one of our own. */
export async function globalSetup(): Promise<void> {
  const given = process.env['TEST_DATABASE_URL']
  if (given === undefined) cluster = await startCluster()
  const url = given ?? cluster?.url ?? ''
  process.env['JIT_TEST_SERVER'] = url
  process.env['JIT_TEST_TEMPLATE'] = await createTemplate(url)
  login = await createAppLogin(url)
  process.env['JIT_TEST_APP_LOGIN'] = JSON.stringify(login)
}

export async function globalTeardown(): Promise<void> {
  await cluster?.stop()
  const given = process.env['TEST_DATABASE_URL']
  if (given === undefined || login === undefined) return
  const { role } = login
  await onServer(given, (client) => client.query(`drop role ${role}`))
}
