// What a running instance may be asked over its control socket: a row for each verb with the keys that go with it.

import { z } from 'zod';
import { identifyRequest } from './identify.ts';
import { overrideRequests } from './overrides/override-request.ts';

const requestSchema = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('status') }),
  z.strictObject({ verb: z.literal('reload'), acceptShrink: z.string().optional() }),
  z.strictObject({ verb: z.literal('rollback'), hash: z.string().max(64).optional() }),
  z.strictObject({ verb: z.literal('rollback-end'), acceptShrink: z.string().optional() }),
  ...overrideRequests,
  identifyRequest,
]);

export type ControlRequest = z.output<typeof requestSchema>;
export type RequestOf<V extends ControlRequest['verb']> = Extract<ControlRequest, { verb: V }>;

/** Who is at the other end of the socket: the user id that the kernel tells; absent where it cannot be asked. */
export interface Caller {
  readonly uid?: number | undefined;
}

/** What answers each verb; what it rejects with is told to the caller. */
export type Handlers = {
  readonly [V in ControlRequest['verb']]: (request: RequestOf<V>, caller: Caller) => Promise<object>;
};

/** One line of JSON as a request, or why it is none. */
export function parseRequest(line: string): ControlRequest | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: 'not a request: it is no line of JSON' };
  }
  const { data, error } = requestSchema.safeParse(value);
  if (data !== undefined) return data;
  const [{ path, message }] = error.issues;
  return { fault: `not a request: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}` };
}

export async function handle(handlers: Partial<Handlers>, request: ControlRequest, caller: Caller): Promise<object> {
  // The table's type says that the handler of a verb takes the request of that verb.
  const answer = handlers[request.verb] as ((request: ControlRequest, caller: Caller) => Promise<object>) | undefined;
  if (answer === undefined) throw new Error(`${request.verb} is not to be had here`);
  return answer(request, caller);
}
