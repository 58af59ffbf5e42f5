// One streamed answer of /v1/chat/completions.
import type { Sampling } from '../chat/sampling';
import { requestFields } from '../chat/sampling';
import { send } from './client';
import { EventReader } from './events';
import { Problem, problemOf } from './problem';

export interface Said {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number };
}

export interface Heard {
  id(reply: string): void;
  text(piece: string): void;
  finish(reason: string): void;
  usage(usage: Usage): void;
}

interface Chunk {
  id?: string;
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: Usage | null;
  error?: unknown;
}

// Resolves when all was said; throws a Problem, or the signal's AbortError.
export async function streamChat(
  model: string,
  messages: Said[],
  sampling: Sampling,
  store: boolean,
  heard: Heard,
  signal: AbortSignal,
): Promise<void> {
  const body = {
    model,
    messages,
    ...requestFields(sampling),
    stream: true,
    stream_options: { include_usage: true },
    ...(store ? { store: true } : {}),
  };
  const response = await send('/v1/chat/completions', { body, signal });
  const stream = response.body?.getReader();
  if (!stream) throw new Problem('This browser gives no streams. Use a newer one.');
  const text = new TextDecoder();
  const reader = new EventReader();
  for (;;) {
    let piece;
    try {
      piece = await stream.read();
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Problem('The connection broke before the answer was finished. Regenerate it.');
    }
    for (const data of reader.read(text.decode(piece.value, { stream: !piece.done }))) {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as Chunk;
      if (chunk.error) throw problemOf(500, data, null);
      if (chunk.id) heard.id(chunk.id);
      const choice = chunk.choices?.[0];
      if (choice?.delta?.content) heard.text(choice.delta.content);
      if (choice?.finish_reason) heard.finish(choice.finish_reason);
      if (chunk.usage) heard.usage(chunk.usage);
    }
    if (piece.done) throw new Problem('The connection ended before the answer was finished. Regenerate it.');
  }
}
