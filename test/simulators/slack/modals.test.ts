import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isJson, type Json } from './json.ts'
import { input, modal, openedModal, plain, stage, titles } from './scripted-bot.ts'

describe('submit', () => {
  it('sends the state of every input and closes the view', async () => {
    await using on = await stage()
    const options = ['1', '2'].map((value) => ({ text: plain(value), value }))
    const pick = { type: 'checkboxes', action_id: 'pick', options }
    const when = { type: 'datetimepicker', action_id: 'at', initial_date_time: 1_800_000_000 }
    const blocks = [
      input('reason'),
      input('more', { optional: true }),
      input('boxes', { element: pick }),
      input('when', { element: when }),
    ]
    const id = await openedModal(on, modal('Ask', blocks, { callback_id: 'ask' }))
    await on.slack.submit(on.ann, id, { reason: 'x', boxes: ['2'] })
    const view = on.received.at(-1)?.['view']
    assert.ok(isJson(view))
    assert.deepEqual(view['state'], {
      values: {
        reason: { text: { type: 'plain_text_input', value: 'x' } },
        more: { text: { type: 'plain_text_input', value: null } },
        boxes: { pick: { type: 'checkboxes', selected_options: [options[1]] } },
        when: { at: { type: 'datetimepicker', selected_date_time: 1_800_000_000 } },
      },
    })
    assert.deepEqual([view['callback_id'], view['id'], view['app_id']], ['ask', id, on.slack.appId])
    assert.deepEqual(on.slack.views(on.ann), [])
  })

  it('holds back what Slack’s client would not send', async () => {
    await using on = await stage()
    const short = { type: 'plain_text_input', action_id: 'text', min_length: 3, max_length: 5 }
    const id = await openedModal(on, modal('Ask', [input('reason', { element: short })]))
    const send = (reason: string | null, unchecked = false): Promise<unknown> =>
      on.slack.submit(on.ann, id, { reason }, { unchecked })
    await assert.rejects(send(null), /block "reason" is required/)
    await assert.rejects(send('ab'), /block "reason" is too short/)
    await assert.rejects(send('abcdef'), /block "reason" is too long/)
    await assert.rejects(
      on.slack.submit(on.ann, id, { other: 'x' }),
      /nothing to enter in block "other"; the view has reason/,
    )
    await send('ab', true)
    assert.equal(on.received.length, 2)
  })

  it('holds back addresses and numbers that are none, and takes instants in whole seconds only', async () => {
    await using on = await stage()
    const options = ['read', 'admin'].map((value) => ({ text: plain(value), value }))
    const id = await openedModal(
      on,
      modal('Ask', [
        input('for', { element: { type: 'email_text_input', action_id: 'for' } }),
        input('from', { element: { type: 'datetimepicker', action_id: 'from' }, optional: true }),
        input('level', { element: { type: 'radio_buttons', action_id: 'level', options } }),
      ]),
    )
    const send = (entries: Parameters<typeof on.slack.submit>[2]): Promise<unknown> =>
      on.slack.submit(on.ann, id, entries)
    await assert.rejects(
      send({ for: 'dana' }),
      /block "for" is no email; block "level" is required/,
    )
    await assert.rejects(send({ level: 'write' }), /"write" is not on offer; the options are/)
    await assert.rejects(send({ from: 1_800_000_000_000 }), /ten digits, not 1800000000000/)
    await assert.rejects(send({ from: 'soon' }), /ten digits, not soon/)
    await send({ for: 'dana@partner.example', from: '1800000000', level: 'read' })
    const view = on.received.at(-1)?.['view']
    assert.deepEqual(isJson(view) && isJson(view['state']) && view['state']['values'], {
      for: { for: { type: 'email_text_input', value: 'dana@partner.example' } },
      from: { from: { type: 'datetimepicker', selected_date_time: 1_800_000_000 } },
      level: { level: { type: 'radio_buttons', selected_option: options[0] } },
    })
  })

  it('keeps what was typed when the bot updates the view, and drops it with the block', async () => {
    await using on = await stage()
    const id = await openedModal(on, modal('Ask', [input('kept'), input('gone')]))
    const fill = { kept: 'a', gone: 'b' }
    on.answers.push({
      response_action: 'update',
      view: modal('Again', [input('kept'), input('new')]),
    })
    await on.slack.submit(on.ann, id, fill)
    const [view] = on.slack.views(on.ann)
    assert.deepEqual([view?.id, titles(on)], [id, ['Again']])
    assert.deepEqual(view?.values, {
      kept: { text: { type: 'plain_text_input', value: 'a' } },
      new: { text: { type: 'plain_text_input', value: null } },
    })
  })

  it('clears every view when told, and objects to answers Slack does not know', async () => {
    await using on = await stage()
    const id = await openedModal(on, modal('Ask'))
    const answer = async (body: unknown): Promise<string | undefined> => {
      on.answers.push(body)
      return (await on.slack.submit(on.ann, id, { reason: 'x' })).problem
    }
    assert.equal(
      await answer({ response_action: 'errors', errors: { other: 'no' } }),
      'invalid_errors',
    )
    assert.equal(await answer({ response_action: 'errors', errors: {} }), 'invalid_errors')
    assert.equal(await answer({ response_action: 'explode' }), 'invalid_response_action')
    assert.match(
      (await answer({ response_action: 'update', view: {} })) ?? '',
      /^invalid_arguments .*missing required field: type/,
    )
    assert.deepEqual(titles(on), ['Ask'])
    assert.equal(await answer({ response_action: 'clear' }), undefined)
    assert.deepEqual(titles(on), [])
  })
})

describe('views.update', () => {
  it('loses against a newer hash and a closed view', async () => {
    await using on = await stage()
    const id = await openedModal(on, modal('One'))
    const hash = on.slack.views(on.ann)[0]?.hash ?? ''
    await on.client.views.update({ view_id: id, hash, view: modal('Two') })
    await assert.rejects(
      on.client.views.update({ view_id: id, hash, view: modal('Three') }),
      /hash_conflict/,
    )
    assert.deepEqual(titles(on), ['Two'])
    assert.equal(await on.slack.close(on.ann, id), undefined)
    await assert.rejects(on.client.views.update({ view_id: id, view: modal('Four') }), /not_found/)
  })
})

describe('close', () => {
  it('tells a bot that wants to know', async () => {
    await using on = await stage()
    const id = await openedModal(on, modal('One', [input('reason')], { notify_on_close: true }))
    await on.slack.close(on.ann, id, { all: true })
    const { type, is_cleared } = on.received.at(-1) ?? {}
    assert.deepEqual([type, is_cleared, titles(on)], ['view_closed', true, []])
  })
})

describe('clickInView', () => {
  it('sends the choice with the state of the view, which keeps it', async () => {
    await using on = await stage()
    const options = ['1', '2'].map((value) => ({ text: plain(value), value }))
    const element = { type: 'static_select', action_id: 'pick', options }
    const pick = input('hours', { element, dispatch_action: true })
    const id = await openedModal(on, modal('Ask', [input('reason'), pick]))
    on.slack.fill(on.ann, id, { reason: 'typed' })
    await on.slack.clickInView(on.ann, id, 'pick', '2')
    const { actions, view, container, response_url } = on.received.at(-1) ?? {}
    assert.ok(Array.isArray(actions) && isJson(view))
    const [action] = actions as Json[]
    assert.deepEqual([action?.['selected_option'], action?.['block_id']], [options[1], 'hours'])
    assert.deepEqual([container, response_url], [{ type: 'view', view_id: id }, undefined])
    assert.equal(view['hash'], on.slack.views(on.ann)[0]?.hash)
    assert.deepEqual(view['state'], {
      values: {
        reason: { text: { type: 'plain_text_input', value: 'typed' } },
        hours: { pick: { type: 'static_select', selected_option: options[1] } },
      },
    })
    assert.deepEqual(
      on.slack.views(on.ann)[0]?.values,
      isJson(view['state']) && view['state']['values'],
    )
    await assert.rejects(
      on.slack.clickInView(on.ann, id, 'pick', '3'),
      /"3" is not on offer; the options are 1, 2/,
    )
  })
})

describe('a choice that changes the form', () => {
  it('is answered by an update with the hash of the click, which loses against a second choice', async () => {
    await using on = await stage()
    const options = ['read', 'admin'].map((value) => ({ text: plain(value), value }))
    const element = { type: 'static_select', action_id: 'level', options }
    const level = input('level', { element, dispatch_action: true })
    const more = { type: 'overflow', action_id: 'more', options }
    const actions = { type: 'actions', block_id: 'more', elements: [more] }
    const id = await openedModal(on, modal('Ask', [input('reason'), level, actions]))
    const clicked = async (action: string, value: string): Promise<string> => {
      await on.slack.clickInView(on.ann, id, action, value)
      const view = on.received.at(-1)?.['view']
      return isJson(view) ? String(view['hash']) : ''
    }
    on.slack.fill(on.ann, id, { reason: 'typed' })
    const first = await clicked('level', 'admin')
    const longer = modal('Ask', [input('reason'), level, input('ticket')])
    await on.client.views.update({ view_id: id, hash: first, view: longer })
    await assert.rejects(
      on.client.views.update({ view_id: id, hash: first, view: modal('Late') }),
      /hash_conflict/,
    )
    const [view] = on.slack.views(on.ann)
    assert.deepEqual(view?.values, {
      reason: { text: { type: 'plain_text_input', value: 'typed' } },
      level: { level: { type: 'static_select', selected_option: options[1] } },
      ticket: { text: { type: 'plain_text_input', value: null } },
    })
  })

  it('is told of at once from an overflow menu, and from an input only when it dispatches', async () => {
    await using on = await stage()
    const options = ['read', 'admin'].map((value) => ({ text: plain(value), value }))
    const element = { type: 'static_select', action_id: 'level', options }
    const more = { type: 'overflow', action_id: 'more', options }
    const actions = { type: 'actions', block_id: 'more', elements: [more] }
    const id = await openedModal(on, modal('Ask', [input('level', { element }), actions]))
    await assert.rejects(on.slack.clickInView(on.ann, id, 'level', 'read'), /lacks dispatch_action/)
    await on.slack.clickInView(on.ann, id, 'more', 'admin')
    const { actions: sent } = on.received.at(-1) ?? {}
    const [action] = (sent ?? []) as Json[]
    assert.deepEqual([action?.['type'], action?.['selected_option']], ['overflow', options[1]])
    const values = on.slack.views(on.ann)[0]?.values
    assert.deepEqual(values, {
      level: { level: { type: 'static_select', selected_option: null } },
    })
  })
})

describe('suggest', () => {
  it('gives the options of the bot', async () => {
    await using on = await stage()
    const element = { type: 'external_select', action_id: 'pick' }
    const id = await openedModal(on, modal('Ask', [input('resource', { element })]))
    const option = { text: plain('Grafana'), value: 'grafana' }
    on.answers.push({ options: [option] })
    const { options } = await on.slack.suggest(on.ann, id, 'pick', 'gra')
    assert.deepEqual(options, [option])
    assert.deepEqual(
      [on.received.at(-1)?.['type'], on.received.at(-1)?.['value']],
      ['block_suggestion', 'gra'],
    )
    await on.slack.submit(on.ann, id, { resource: option })
    const view = on.received.at(-1)?.['view']
    assert.deepEqual(isJson(view) && view['state'], {
      values: { resource: { pick: { type: 'external_select', selected_option: option } } },
    })
  })
})
