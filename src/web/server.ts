import { adminPages } from './admin-page.ts'
import { auditPages } from './audit-pages.ts'
import { homePages } from './home-page.ts'
import { linkPages } from './link-page.ts'
import { requestPages } from './request-page.ts'
import type { PagesHandler, SiteDeps } from './site.ts'
import { createSite } from './site.ts'

/** All pages behind Pomerium, for the paths that Slack and health checks do not use. */
export function createPages(deps: SiteDeps): PagesHandler {
  return createSite(deps, [homePages, adminPages, requestPages, linkPages, auditPages])
}
