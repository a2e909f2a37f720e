import { z } from 'zod'
import { wholeSchema } from './schema.ts'

/**
 * The JSON Schema of the catalogue file, for editors: draft 7, which all of them read. It knows names and shapes; what
 * fields say together is for `catalogue check`. https://github.com/redhat-developer/yaml-language-server
 */
export function catalogueJsonSchema(): { readonly [key: string]: unknown } {
  const { $schema, ...schema } = z.toJSONSchema(wholeSchema, { io: 'input', target: 'draft-7' })
  return { $schema, title: 'Catalogue of just-in-time access', ...schema }
}
