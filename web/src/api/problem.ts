// What went wrong with a request, in one line with the mend.

export class Problem extends Error {
  constructor(
    message: string,
    readonly status = 0,
    readonly code = '',
  ) {
    super(message);
  }
  get needsKey(): boolean {
    return this.status === 401;
  }
}

const mend = (status: number, code: string, retryAfter: string | null): string => {
  if (status === 401) return 'Enter another one (the key symbol).';
  if (code === 'missing_scope') return 'Ask whoever runs this server for a key that has it.';
  if (status === 429) return retryAfter ? `Try again in ${retryAfter} s.` : 'Try again in a moment.';
  if (code === 'context_length_exceeded') return 'Begin a new chat, or edit a message to make it shorter.';
  if (code === 'no_chat_template') return 'Choose another model.';
  if (code === 'model_not_found') return 'Choose another model.';
  if (status >= 500) return "Try again; if it stays so, the server's log says more.";
  return '';
};

const sentence = (text: string): string => {
  const trimmed = text.trim();
  const upper = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(upper) ? upper : upper + '.';
};

// Of a reply that is no success. Its body is OpenAI's {"error": {"message", "code"}}, or anything.
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  let message = '';
  let code = '';
  try {
    const error = (JSON.parse(body) as { error?: { message?: unknown; code?: unknown } }).error;
    if (typeof error?.message === 'string') message = error.message;
    if (typeof error?.code === 'string') code = error.code;
  } catch {
    // Not from this server's API.
  }
  if (code === 'invalid_api_key' && message.startsWith('an API key is needed'))
    return new Problem('This server asks for an API key.', status, code);
  if (message === '') message = `The server answered with status ${status}`;
  return new Problem([sentence(message), mend(status, code, retryAfter)].filter(Boolean).join(' '), status, code);
}

export function unreachable(): Problem {
  return new Problem('The server cannot be reached. Is persea serve still running? Then try again.');
}

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(String(error));
