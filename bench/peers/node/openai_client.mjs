// The official OpenAI client for JavaScript against the server that OPENAI_BASE_URL names. Prints [check, whether it holds, what
// was seen] a line.
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0, timeout: 120000 });
const model = "tiny";
const messages = [{ role: "user", content: "Where is the red ball?" }];
const greedy = { model, messages, temperature: 0, max_tokens: 24 };
const parameters = { type: "object", properties: { colour: { enum: ["red", "green"] } }, required: ["colour"], additionalProperties: false };
const tool = { type: "function", function: { name: "find", description: "Finds a thing.", parameters } };

async function raises(kind, expected, action) {
  try {
    await action();
  } catch (error) {
    return [error instanceof kind && Object.entries(expected).every(([key, value]) => error[key] === value), String(error)];
  }
  return [false, "nothing was raised"];
}

const checks = {
  "models": async () => {
    const names = [];
    for await (const one of client.models.list()) names.push(one.id);
    return [names.length === 1 && (await client.models.retrieve(model)).id === model, names];
  },
  "chat, streamed": async () => {
    const whole = (await client.chat.completions.create(greedy)).choices[0].message.content;
    let text = "", usage = null;
    for await (const chunk of await client.chat.completions.create({ ...greedy, stream: true, stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.delta?.content ?? "";
      usage = chunk.usage ?? usage;
    }
    return [text === whole && usage.completion_tokens > 0, [text, whole]];
  },
  "a stream that is left": async () => {
    const stream = await client.chat.completions.create({ ...greedy, max_tokens: 900, stream: true });
    for await (const chunk of stream) {
      if (chunk) break;
    }
    return [(await client.chat.completions.create({ ...greedy, max_tokens: 1 })).usage.completion_tokens <= 1, ""];
  },
  "the stream helper": async () => {
    const stream = client.chat.completions.stream(greedy);
    const final = await stream.finalChatCompletion();
    return [final.choices[0].message.role === "assistant", JSON.stringify(final)];
  },
  "tools": async () => {
    const message = (await client.chat.completions.create({ model, messages, tools: [tool], tool_choice: "required" })).choices[0].message;
    const call = message.tool_calls[0];
    const answer = await client.chat.completions.create({
      model, tools: [tool], max_tokens: 8,
      messages: [...messages, message, { role: "tool", tool_call_id: call.id, content: "in the box" }],
    });
    return [call.function.name === "find" && "colour" in JSON.parse(call.function.arguments) && answer.choices.length === 1,
      JSON.stringify(message)];
  },
  "a schema": async () => {
    const reply = await client.chat.completions.create({
      model, messages, temperature: 1.5,
      response_format: { type: "json_schema", json_schema: { name: "thing", strict: true, schema: parameters } },
    });
    const value = JSON.parse(reply.choices[0].message.content);
    return [["red", "green"].includes(value.colour), JSON.stringify(value)];
  },
  "embeddings": async () => {
    const decoded = (await client.embeddings.create({ model, input: ["one", "two"] })).data;
    const plain = (await client.embeddings.create({ model, input: "one", encoding_format: "float" })).data[0].embedding;
    const near = Math.max(...plain.map((value, i) => Math.abs(value - decoded[0].embedding[i])));
    return [decoded.length === 2 && near < 1e-6, near];
  },
  "responses": async () => {
    const asked = { model, input: "Where?", max_output_tokens: 16, temperature: 0 };
    const reply = await client.responses.create(asked);
    let text = "", last = null;
    for await (const event of await client.responses.create({ ...asked, stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event;
    }
    return [text === reply.output_text && last.response.usage.output_tokens === reply.usage.output_tokens, [text, reply.output_text]];
  },
  "completions": async () => {
    const reply = await client.completions.create({ model, prompt: "Once", max_tokens: 6, echo: true });
    return [reply.choices[0].text.startsWith("Once"), JSON.stringify(reply)];
  },
  "error: no such model": () =>
    raises(OpenAI.NotFoundError, { code: "model_not_found" }, () => client.chat.completions.create({ ...greedy, model: "none" })),
  "error: a wrong value": () =>
    raises(OpenAI.BadRequestError, { param: "temperature" }, () => client.chat.completions.create({ ...greedy, temperature: 9 })),
  "error: a wrong key": () =>
    raises(OpenAI.AuthenticationError, { code: "invalid_api_key" }, () => new OpenAI({ apiKey: "sk-none", maxRetries: 0 }).models.list()),
};

for (const [name, check] of Object.entries(checks)) {
  let holds = false, seen = "";
  try {
    [holds, seen] = await check();
  } catch (error) {
    seen = String(error);
  }
  console.log(JSON.stringify([name, Boolean(holds), String(seen)]));
}
