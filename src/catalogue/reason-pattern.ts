const PATTERN_MAX_LENGTH = 200
/** Stands for a quantifier without an upper bound. Two of them side by side cost a third of a second on the longest reason. */
const UNBOUNDED = 400
/** Patterns at this limit were measured to take two seconds on the worst reason of 1,000 characters. */
const WAYS_MAX = 500_000

export type CompiledPattern =
  { readonly ok: true; readonly pattern: RegExp } | { readonly ok: false; readonly message: string }

/**
 * The pattern that reasons must contain, in Unicode mode and with case; or why it is refused: too
 * long, not a regular expression, or able to keep the process busy on a hostile reason.
 */
export function compileReasonPattern(source: string): CompiledPattern {
  if (source === '' || source.length > PATTERN_MAX_LENGTH)
    return refuse(`must be a pattern of 1 to ${PATTERN_MAX_LENGTH} characters`)
  let pattern: RegExp
  try {
    pattern = new RegExp(source, 'u')
  } catch (error) {
    const why = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : ''
    return refuse(
      `is not a regular expression (${why}); correct it, and escape only special characters`,
    )
  }
  if (waysToMatch(source) <= WAYS_MAX) return { ok: true, pattern }
  return refuse(
    'could take too long on a hostile reason; use at most two of * and +, no back-references, and repeat no group that holds choices or repeats (or use counts such as {1,10})',
  )
}

function refuse(message: string): CompiledPattern {
  return { ok: false, message }
}

/**
 * An upper estimate of the ways in which a backtracking matcher can walk the pattern from one start:
 * choices add up, neighbours multiply, and a repeated group counts as often as it may repeat. The
 * source must have compiled in Unicode mode.
 */
function waysToMatch(source: string): number {
  let at = 0
  return choices()

  function choices(): number {
    let sum = 0
    let product = 1
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        at += 1
        sum += product
        product = 1
      } else {
        product *= quantified(atom())
      }
    }
    return sum + product
  }

  function atom(): number {
    if (source[at] === '(') return group()
    if (source[at] === '[') return take(/\[(?:\\.|[^\]\\])*\]/suy)
    if (/\\(?:[1-9]|k)/y.test(source.slice(at, at + 2))) return take(/\\./suy, Infinity)
    if (source[at] === '\\') return take(/\\(?:[pPu]\{[^}]*\}|.)/suy)
    return take(/./suy)
  }

  function group(): number {
    take(/\((?:\?(?:[:=!]|<[=!]|<[^>]*>|[ims-]*:))?/uy)
    const ways = choices()
    take(/\)/uy)
    return ways
  }

  function quantified(ways: number): number {
    const match = execAt(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/uy)
    if (match === null) return ways
    at += match[0].length
    const [text, low, comma, high] = match
    if (text.startsWith('?')) return ways + 1
    if (!text.startsWith('{')) return repeated(ways, 0, UNBOUNDED)
    const min = Number(low)
    if (comma === '') return repeated(ways, min, min)
    return repeated(ways, min, high === '' ? Math.max(min, UNBOUNDED) : Number(high))
  }

  function repeated(ways: number, min: number, max: number): number {
    const choicesOfCount = Math.min(max - min + 1, UNBOUNDED)
    // Entering the group is a step of its own, which makes such groups dearer than their ways alone.
    return choicesOfCount * (ways > 1 ? (ways + 1) ** max : 1)
  }

  function take(token: RegExp, ways = 1): number {
    at += execAt(token)?.[0].length ?? 1
    return ways
  }

  function execAt(token: RegExp): RegExpExecArray | null {
    token.lastIndex = at
    return token.exec(source)
  }
}
