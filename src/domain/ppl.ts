/** Any JSON value. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** One condition: a single key (criterion name, optionally `/` and a sub-path) and its data. */
export type Criterion = { readonly [criterion: string]: Json }
export type Operator = 'and' | 'or' | 'not' | 'nor'
export type RuleBody = { readonly [operator in Operator]?: readonly Criterion[] }
/** One PPL rule. Several rules of a policy, and several operators of one rule, are joined with OR. */
export type Rule = { readonly allow?: RuleBody; readonly deny?: RuleBody }
/** A PPL document in its array form. */
export type Ppl = readonly Rule[]
