/** The bot cannot start; each line says what is wrong and ends with the remedy. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
