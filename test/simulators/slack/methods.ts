import type { Method } from './method.ts'
import { chatMethods } from './methods-chat.ts'
import { directoryMethods } from './methods-directory.ts'
import { viewMethods } from './methods-views.ts'
import { Refusal } from './refusal.ts'

const METHODS: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...viewMethods,
  ...directoryMethods,
  'apps.connections.open': {
    token: 'app',
    scopes: [],
    call: (backend) => ({ url: backend.socketUrl() }),
  },
}

/** The Web API's method with the name. Throws `unknown_method`. */
export function methodNamed(name: string): Method {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!method) throw new Refusal('unknown_method', { req_method: name })
  return method
}
