/**
 * WebAssembly with the interface of a compiled Rego policy, put together by hand: every evaluation does one thing, and
 * what goes wrong in it goes wrong for certain. Sources: https://www.openpolicyagent.org/docs/wasm#exports and
 * https://webassembly.github.io/spec/core/binary/
 */
export interface TinyModule {
  /** What each evaluation does: gives this text for a result set, traps, aborts, or takes memory until there is none. */
  readonly evaluation: { readonly gives: string } | 'trap' | 'abort' | 'take all memory'
  /** The text of the entrypoints; `{"jit/decision":0}` unless told. */
  readonly entrypoints?: string
  /** The text of the functions that it calls; `{}` unless told. */
  readonly builtins?: string
  readonly abi?: number
  /** Exports that are left out. */
  readonly without?: readonly string[]
}

const I32 = 0x7f
const END = 0x0b
const HEAP = 0x8000
/** Addresses of the texts; one page has all of them, and the heap. */
const AT = { entrypoints: 0x100, builtins: 0x1000, abort: 0x3000, result: 0x4000 }

export function tinyModule(options: TinyModule): Buffer {
  const { evaluation, abi = 1, without = [] } = options
  const texts = {
    entrypoints: options.entrypoints ?? '{"jit/decision":0}',
    builtins: options.builtins ?? '{}',
    abort: 'the policy gave up',
    result: typeof evaluation === 'object' ? evaluation.gives : '[]',
  }
  const functions: readonly (readonly [string, number, readonly number[]])[] = [
    ['builtins', TYPE.none, constant(AT.builtins)],
    ['entrypoints', TYPE.none, constant(AT.entrypoints)],
    ['opa_malloc', TYPE.one, constant(HEAP)],
    ['opa_json_parse', TYPE.two, [0x20, 0]],
    ['opa_json_dump', TYPE.one, [0x20, 0]],
    ['opa_heap_ptr_get', TYPE.none, constant(HEAP)],
    ['opa_heap_ptr_set', TYPE.sink, []],
    ['opa_eval', TYPE.seven, bodyOf(evaluation)],
  ]
  const exports = [
    ...functions.map(([name], index) => ({ name, kind: 0, index: index + 1 })),
    { name: 'opa_wasm_abi_version', kind: 3, index: 0 },
    { name: 'opa_wasm_abi_minor_version', kind: 3, index: 1 },
  ].filter(({ name }) => !without.includes(name))
  return Buffer.from([
    ...Buffer.from('\0asm\x01\0\0\0', 'latin1'),
    ...section(1, vector(TYPES)),
    ...section(
      2,
      vector([
        [...name('env'), ...name('memory'), 0x02, 0x00, 0x01],
        [...name('env'), ...name('opa_abort'), 0x00, TYPE.sink],
      ]),
    ),
    ...section(3, vector(functions.map(([, type]) => [type]))),
    ...section(6, vector([abi, 3].map((value) => [I32, 0x00, ...constant(value), END]))),
    ...section(
      7,
      vector(exports.map(({ name: text, kind, index }) => [...name(text), kind, index])),
    ),
    ...section(10, vector(functions.map(([, , code]) => sized([0x00, ...code, END])))),
    ...section(
      11,
      vector(
        Object.entries(texts).map(([key, text]) => [
          0x00,
          ...constant(AT[key as keyof typeof AT]),
          END,
          ...sized([...Buffer.from(`${text}\0`)]),
        ]),
      ),
    ),
  ])
}

function bodyOf(evaluation: TinyModule['evaluation']): readonly number[] {
  if (evaluation === 'trap') return [0x00]
  if (evaluation === 'abort') return [...constant(AT.abort), 0x10, 0x00, ...constant(AT.result)]
  if (evaluation !== 'take all memory') return constant(AT.result)
  // loop: grow by a page; again unless that gave -1; then trap
  return [0x03, 0x40, ...constant(1), 0x40, 0x00, ...constant(-1), 0x47, 0x0d, 0x00, END, 0x00]
}

/** Indices of the types below. */
const TYPE = { none: 0, one: 1, two: 2, sink: 3, seven: 4 }
const TYPES = [
  [0x60, ...vector([]), ...vector([[I32]])],
  [0x60, ...vector([[I32]]), ...vector([[I32]])],
  [0x60, ...vector([[I32], [I32]]), ...vector([[I32]])],
  [0x60, ...vector([[I32]]), ...vector([])],
  [0x60, ...vector(Array.from({ length: 7 }, () => [I32])), ...vector([[I32]])],
]

/** i32.const */
function constant(value: number): readonly number[] {
  return [0x41, ...signed(value)]
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...sized(content)]
}

function sized(content: readonly number[]): readonly number[] {
  return [...unsigned(content.length), ...content]
}

function vector(items: readonly (readonly number[])[]): readonly number[] {
  return [...unsigned(items.length), ...items.flat()]
}

function name(text: string): readonly number[] {
  return sized([...Buffer.from(text)])
}

/** LEB128 */
function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): readonly number[] {
  const byte = value & 0x7f
  const rest = value >> 7
  const isLast = (rest === 0 && byte < 0x40) || (rest === -1 && byte >= 0x40)
  return isLast ? [byte] : [byte | 0x80, ...signed(rest)]
}
