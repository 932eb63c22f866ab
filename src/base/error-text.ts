/** What is known of something thrown, as text: an error may hold what no message to another thread can carry. */
export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
