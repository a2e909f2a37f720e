/** What a story has come to, as far as it decides what may come next. */
export interface Plot {
  /** How many wishes there were, whatever became of them. */
  asked: number
  /** What is wrong at the moment with Slack, Pomerium and the database. */
  readonly wrong: { slack: number; pomerium: number; database: boolean; isSlackOut: boolean }
  /** Replicas that run. */
  running: number
  commands: number
  faults: number
  /** Deeds of which it was known what is to come of them. */
  judged: number
}

export function beginning(replicas: number): Plot {
  return {
    asked: 0,
    wrong: { slack: 0, pomerium: 0, database: false, isSlackOut: false },
    running: replicas,
    commands: 0,
    faults: 0,
    judged: 0,
  }
}

/** Whether nothing keeps people's deeds from being carried out. */
export function isFine({ wrong, running }: Plot): boolean {
  return wrong.slack === 0 && !wrong.isSlackOut && !wrong.database && running > 0
}
