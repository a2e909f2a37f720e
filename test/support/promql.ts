/** A matcher of a selector, such as `status!~"2.."`. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** What an expression asks of a metric: which samples, and by which labels they are then added up. */
export interface Use {
  readonly metric: string
  readonly matchers: readonly Matcher[]
  readonly by: readonly string[]
}

const AGGREGATIONS = new Set(['sum', 'min', 'max', 'avg', 'count', 'topk', 'bottomk', 'quantile'])
/** How many arguments, and which of them are ranges. */
const FUNCTIONS: Readonly<Record<string, readonly ('instant' | 'range')[]>> = {
  abs: ['instant'],
  absent: ['instant'],
  vector: ['instant'],
  time: [],
  rate: ['range'],
  increase: ['range'],
  min_over_time: ['range'],
  max_over_time: ['range'],
  histogram_quantile: ['instant', 'instant'],
}
const BINARY = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '<', '>=', '<='],
  ['+', '-'],
  ['*', '/'],
]
const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?![\w.]))|(?<duration>\d+[smhdw](?!\w))|(?<word>[a-zA-Z_:][\w:]*)|(?<string>"(?:[^"\\]|\\.)*")|(?<sign>=~|!~|==|!=|>=|<=|[-+*/(){}[\],=<>]))/y

interface Token {
  readonly kind: 'number' | 'duration' | 'word' | 'string' | 'sign'
  readonly text: string
}

/**
 * The uses of metrics in a PromQL expression. It reads the part of the language that alerts and dashboards here are
 * written in, and throws with the place for everything else. https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
export function usesOf(expression: string): readonly Use[] {
  const tokens = tokensOf(expression)
  let at = 0
  const peek = (): string => tokens[at]?.text ?? ''
  const fail = (wanted: string): never => {
    throw new Error(
      `${wanted} wanted at "${tokens
        .slice(at, at + 3)
        .map((t) => t.text)
        .join(' ')}" of: ${expression}`,
    )
  }
  const take = (wanted: string): void => {
    if (peek() === wanted) at += 1
    else fail(`"${wanted}"`)
  }
  const next = (kind: Token['kind']): string => {
    const token = tokens[at]
    if (token?.kind !== kind) return fail(`a ${kind}`)
    at += 1
    return token.text
  }

  function binary(level = 0): readonly Use[] {
    const operators = BINARY[level]
    if (operators === undefined) return operand()
    const uses = [...binary(level + 1)]
    while (operators.includes(peek())) {
      at += 1
      uses.push(...binary(level + 1))
    }
    return uses
  }

  function operand(): readonly Use[] {
    if (peek() === '-') at += 1
    if (peek() === '(') {
      take('(')
      const uses = binary()
      take(')')
      return uses
    }
    if (tokens[at]?.kind === 'number') {
      at += 1
      return []
    }
    const word = next('word')
    if (AGGREGATIONS.has(word)) return aggregation(word)
    if (peek() === '(') return call(word)
    return [selector(word)]
  }

  function aggregation(name: string): readonly Use[] {
    const before = grouping()
    take('(')
    if (name === 'topk' || name === 'bottomk' || name === 'quantile') {
      next('number')
      take(',')
    }
    const uses = binary()
    take(')')
    const by = [...before, ...grouping()]
    return uses.map((use) => ({ ...use, by: [...use.by, ...by] }))
  }

  function grouping(): readonly string[] {
    if (peek() !== 'by') return []
    take('by')
    take('(')
    const labels = [next('word')]
    while (peek() === ',') {
      take(',')
      labels.push(next('word'))
    }
    take(')')
    return labels
  }

  function call(name: string): readonly Use[] {
    const wanted = FUNCTIONS[name] ?? fail('a known function')
    take('(')
    const uses = wanted.flatMap((argument, index) => {
      if (index > 0) take(',')
      const found = binary()
      if (argument === 'range') {
        take('[')
        next('duration')
        take(']')
      }
      return found
    })
    take(')')
    return uses
  }

  function selector(metric: string): Use {
    const matchers: Matcher[] = []
    if (peek() === '{') {
      take('{')
      while (peek() !== '}') {
        if (matchers.length > 0) take(',')
        const label = next('word')
        const operator = next('sign')
        if (operator !== '=' && operator !== '!=' && operator !== '=~' && operator !== '!~')
          return fail('a matcher')
        const value = JSON.parse(next('string')) as string
        if (operator.endsWith('~') && !isPattern(value)) return fail('a pattern')
        matchers.push({ label, operator, value })
      }
      take('}')
    }
    return { metric, matchers, by: [] }
  }

  const uses = binary()
  if (at < tokens.length) fail('the end')
  return uses
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const text = expression.trim()
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex
    const found = Object.entries(TOKEN.exec(text)?.groups ?? {}).find(
      ([, part]) => part !== undefined,
    )
    if (found === undefined) throw new Error(`not PromQL from "${text.slice(from)}" of: ${text}`)
    tokens.push({ kind: found[0] as Token['kind'], text: found[1] ?? '' })
  }
  return tokens
}

/** One sample of Prometheus' text format. */
export interface Sample {
  readonly metric: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** The samples of a page of metrics; throws for a line that is none. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function samplesOf(page: string): readonly Sample[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, metric = '', labels = '', value = ''] =
        /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (metric === '') throw new Error(`not a sample: ${line}`)
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)",?/g)]
      const read = value === 'Nan' ? Number.NaN : Number(value.replace('+Inf', 'Infinity'))
      return {
        metric,
        labels: new Map(pairs.map(([, name = '', text = '']) => [name, text])),
        value: read,
      }
    })
}

/** Whether a sample is one that all the matchers take; a label that it has not is empty. */
export function matches({ labels }: Sample, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ label, operator, value }) => {
    const found = labels.get(label) ?? ''
    const isMatch = operator.endsWith('~')
      ? new RegExp(`^(?:${value})$`).test(found)
      : found === value
    return operator.startsWith('!') ? !isMatch : isMatch
  })
}
