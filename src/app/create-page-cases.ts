import { createAuditCases } from './audit-reading.ts'
import type { Deps } from './deps.ts'
import { link, linkState, unlink } from './link-identity.ts'
import type { PageCases } from './page-cases.ts'
import { mine, overview, story } from './page-queries.ts'
import type { Directory } from './ports.ts'
import { visit } from './visit.ts'

/** By whom Slack is asked: to show something, to let somebody read the record, to bind identities. */
export interface PageDirectories {
  readonly showing: Directory
  readonly auditing: Directory
  readonly linking: Directory
}

/** What the pages show, given what they need. */
export function createPageCases(deps: Omit<Deps, 'directory'>, ask: PageDirectories): PageCases {
  const showing = { ...deps, directory: ask.showing }
  const linking = { ...deps, directory: ask.linking }
  return {
    ...createAuditCases({ ...deps, directory: ask.auditing }),
    visit: (assertion) => visit(showing, assertion),
    mine: (visitor) => mine(showing, visitor),
    overview: (visitor) => overview(showing, visitor),
    story: (visitor, id) => story(showing, visitor, id),
    linkState: (assertion) => linkState(deps, assertion),
    link: (assertion, code) => link(linking, assertion, code),
    unlink: (assertion) => unlink(linking, assertion),
  }
}
