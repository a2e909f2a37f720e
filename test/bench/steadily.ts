/** Does something with each item, so many a second whether or not the ones before are done. */
export async function steadily<T, U>(
  items: readonly T[],
  perSecond: number,
  act: (item: T) => Promise<U>,
): Promise<U[]> {
  const answers: Promise<U>[] = []
  const startedAt = performance.now()
  for (const [n, item] of items.entries()) {
    const due = startedAt + (n * 1_000) / perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    answers.push(act(item))
  }
  return Promise.all(answers)
}
