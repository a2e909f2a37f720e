import { textOf } from './json.ts'
import { required, type Method } from './method.ts'
import { Refusal } from './refusal.ts'
import {
  checkedView,
  findView,
  openView,
  publishHome,
  pushView,
  updateView,
  viewObject,
} from './views.ts'

const free = { token: 'bot', scopes: [] } as const

/** The views methods. Source: https://docs.slack.dev/reference/methods */
export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': {
    ...free,
    call({ workspace, triggers }, args) {
      const content = checkedView('modal', args['view'])
      const { personId } = triggers.exchange(required(args, 'trigger_id'))
      return { view: viewObject(workspace, openView(workspace, personId, content)) }
    },
  },
  'views.push': {
    ...free,
    call({ workspace, triggers }, args) {
      const content = checkedView('modal', args['view'])
      const { personId, viewId } = triggers.exchange(required(args, 'trigger_id'))
      const isOpen = workspace.views.get(personId)?.some((view) => view.id === viewId)
      if (!isOpen) throw new Refusal('not_found')
      return { view: viewObject(workspace, pushView(workspace, personId, content)) }
    },
  },
  'views.update': {
    ...free,
    call({ workspace }, args) {
      const content = checkedView('modal', args['view'])
      const external = textOf(args['external_id'])
      const id =
        external === undefined
          ? required(args, 'view_id')
          : findView(workspace, (view) => view.content['external_id'] === external)?.id
      if (id === undefined) throw new Refusal('not_found')
      return {
        view: viewObject(workspace, updateView(workspace, id, content, textOf(args['hash']))),
      }
    },
  },
  'views.publish': {
    ...free,
    call({ workspace }, args) {
      const content = checkedView('home', args['view'])
      const personId = required(args, 'user_id')
      if (!workspace.people.has(personId)) throw new Refusal('user_not_found')
      const home = publishHome(workspace, personId, content, textOf(args['hash']))
      return { view: viewObject(workspace, home) }
    },
  },
}
