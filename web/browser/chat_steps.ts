// The chat, step by step, as a person with a mouse would use it.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Stage } from './stage';

export const message = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true });
export const answers = (page: Page) => page.locator('li.assistant');
export const idle = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor({ state: 'detached' });
};

export async function say(page: Page, text: string): Promise<void> {
  await message(page).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

export async function open(page: Page, stage: Stage): Promise<void> {
  const response = await page.goto(stage.url);
  const policy = response!.headers()['content-security-policy']!;
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  await message(page).waitFor();
  await page.getByText('What is on your mind?').waitFor();
}

export async function settings(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).click();
  const panel = page.getByRole('complementary', { name: 'Settings of this chat' });
  await panel.getByRole('spinbutton', { name: 'Longest answer' }).fill('16');
  await panel.getByRole('spinbutton', { name: 'Temperature' }).fill('0.5');
  await panel.getByRole('spinbutton', { name: 'Seed' }).fill('7');
  await panel.getByRole('textbox', { name: 'System prompt' }).fill('Be kind.');
  await panel.getByRole('spinbutton', { name: 'Top p' }).fill('0.95');
  await panel.getByRole('spinbutton', { name: 'Top p' }).blur();
  const asked = page.waitForRequest('**/v1/chat/completions');
  await say(page, 'Hello there');
  const body = (await asked).postDataJSON() as Record<string, unknown>;
  assert.equal(body['max_tokens'], 16);
  assert.equal(body['temperature'], 0.5);
  assert.equal(body['seed'], 7);
  assert.equal(body['top_p'], 0.95);
  assert.deepEqual((body['messages'] as unknown[])[0], { role: 'system', content: 'Be kind.' });
  await idle(page);
  await page
    .locator('.facts')
    .getByText(/tokens?$/)
    .first()
    .waitFor();
  assert.match(await page.locator('.facts').innerText(), /chatcmpl-/);
  await panel.getByRole('spinbutton', { name: 'Seed' }).fill('');
  await panel.getByRole('button', { name: 'Close the settings' }).click();
}

export async function regenerate(page: Page): Promise<void> {
  const asked = page.waitForRequest('**/v1/chat/completions');
  await answers(page).getByRole('button', { name: 'Regenerate' }).click();
  await asked;
  await idle(page);
  await answers(page).getByText('2 / 2').waitFor();
  await answers(page).getByRole('button', { name: 'Version before' }).click();
  await answers(page).getByText('1 / 2').waitFor();
}

export async function editAndBranch(page: Page): Promise<void> {
  await page.locator('li.user').hover();
  await page.getByRole('button', { name: 'Edit the message' }).click();
  await page.getByRole('textbox', { name: 'Edit the message' }).fill('Hello in other words');
  await page.keyboard.press('Enter');
  await page.locator('li.user').getByText('Hello in other words').waitFor();
  await idle(page);
  assert.equal(await page.locator('li.user').count(), 1);
  await page.locator('li.user').getByRole('button', { name: 'Version before' }).click();
  await page.locator('li.user').getByText('Hello there').waitFor();
  await answers(page).getByText('1 / 2').waitFor(); // the branch as it was left
}

export async function feedbackAndTrace(page: Page, stage: Stage): Promise<void> {
  await answers(page).getByRole('button', { name: 'A good answer' }).click();
  await answers(page).locator('button[aria-pressed="true"]').waitFor();
  await answers(page).getByRole('button', { name: 'Edit the answer' }).click();
  const told = page.waitForResponse('**/feedback');
  await page.getByRole('textbox', { name: 'Edit the answer' }).fill('It should have said this.');
  await page.keyboard.press('Enter');
  assert.equal((await told).status(), 200);
  await answers(page).getByText('edited by you').waitFor();
  await answers(page).getByRole('button', { name: 'Where does this come from?' }).click();
  const dialog = page.getByRole('dialog', { name: 'Where does this come from?' });
  await dialog.getByRole('button', { name: /^model-/ }).waitFor();
  await dialog.getByRole('button', { name: /^corpus-/ }).waitFor();
  await shot(page, 'where');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(stage.trouble, []);
}

// The model is forbidden to end, or it might before anybody can stop it.
export async function stopping(page: Page, stage: Stage): Promise<void> {
  const ends: Record<string, number> = {};
  for (const name of ['<|end|>', '<|endoftext|>', '<|user|>', '<|system|>', '<|assistant|>']) {
    const reply = await page.request.post(`${stage.url}/tokenize`, {
      data: { model: 'first', prompt: name, add_special_tokens: false },
    });
    for (const id of ((await reply.json()) as { tokens: number[] }).tokens) ends[id] = -100;
  }
  await page.route('**/v1/chat/completions', (route) =>
    route.continue({ postData: JSON.stringify({ ...(route.request().postDataJSON() as object), logit_bias: ends }) }),
  );
  await page.getByRole('button', { name: 'New chat' }).click();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('spinbutton', { name: 'Longest answer' }).fill('');
  await page.getByRole('spinbutton', { name: 'Longest answer' }).blur();
  await page.getByRole('button', { name: 'Close the settings' }).click();
  await say(page, 'Write for a long time');
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  await answers(page).locator('.markdown').waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await idle(page);
  await page.locator('.facts').getByText('stopped').waitFor();
  await page.unroute('**/v1/chat/completions');
}

export async function sideBySide(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New chat' }).click();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('spinbutton', { name: 'Longest answer' }).fill('24');
  await page.getByRole('spinbutton', { name: 'Longest answer' }).blur();
  await page.getByRole('button', { name: 'Close the settings' }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  const models: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/v1/chat/completions'))
      models.push((request.postDataJSON() as { model: string }).model);
  });
  await say(page, 'The same for both');
  await idle(page);
  assert.equal(await answers(page).count(), 2);
  assert.deepEqual(models.sort(), ['first', 'second']);
  // An edit finds its place in both columns.
  await page.locator('li.user').first().hover();
  await page.getByRole('button', { name: 'Edit the message' }).first().click();
  await page.getByRole('textbox', { name: 'Edit the message' }).first().fill('Another for both');
  await page.keyboard.press('Enter');
  await idle(page);
  assert.equal(await page.locator('li.user').getByText('Another for both').count(), 2);
  await shot(page, 'side-by-side');
}

// Markup in what a model says and in what a person says is text.
export async function hostileText(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New chat' }).click();
  await page.getByRole('button', { name: 'Remove second' }).click();
  const attack =
    '<img src="https://evil.example/x.png" onerror="alert(1)"><script>alert(2)</script> <svg onload=alert(3)> ' +
    '[click](javascript:alert(4)) ![i](https://evil.example/y.png) <iframe src="https://evil.example"></iframe>';
  const good =
    '\n\n# Title\n\n**bold** and `code`\n\n```js\nconst a = "<b>";\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two';
  const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
  await page.route('**/v1/chat/completions', (route) =>
    route.fulfill({
      contentType: 'text/event-stream',
      body:
        event({ id: 'chatcmpl-x', choices: [{ delta: { content: attack + good } }] }) +
        event({ choices: [{ delta: {}, finish_reason: 'stop' }] }) +
        'data: [DONE]\n\n',
    }),
  );
  await say(page, attack);
  await idle(page);
  const answer = answers(page).last();
  await answer.getByText('<script>alert(2)</script>').waitFor();
  assert.equal(await page.locator('.messages :is(script, img, iframe, svg[onload], [onerror])').count(), 0);
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
  assert.equal(await page.locator('.prompt-text').last().innerText(), attack);
  assert.equal(await answer.locator('strong').innerText(), 'bold');
  assert.equal(await answer.locator('pre').innerText(), 'const a = "<b>";');
  assert.equal(await answer.locator('table td').count(), 2);
  await shot(page, 'markdown');
  await page.unroute('**/v1/chat/completions');
  // A refusal is one line with what to do.
  await page.route('**/v1/chat/completions', (route) =>
    route.fulfill({
      status: 429,
      contentType: 'application/json',
      headers: { 'Retry-After': '3' },
      body: '{"error": {"message": "the queue is full", "code": "queue_full"}}',
    }),
  );
  await say(page, 'and now?');
  await page.getByRole('alert').getByText('The queue is full. Try again in 3 s.').waitFor();
  await page.unroute('**/v1/chat/completions');
}

export async function keptChats(page: Page): Promise<void> {
  const entries = page.locator('.chat-entry');
  const before = await entries.count();
  await page.waitForTimeout(500); // what is saved a moment later
  await page.reload();
  await message(page).waitFor();
  await entries.nth(before).waitFor(); // those, and a new one
  const named = entries.filter({ hasText: 'Hello there' });
  await named.hover();
  await named.getByRole('button', { name: /^Rename/ }).click();
  await page.getByRole('textbox', { name: 'Name of the chat' }).fill('My first chat');
  await page.keyboard.press('Enter');
  const renamed = entries.filter({ hasText: 'My first chat' });
  await renamed.hover();
  const saving = page.waitForEvent('download');
  await renamed.getByRole('button', { name: /^Export/ }).click();
  const file = await saving;
  assert.equal(file.suggestedFilename(), 'persea-My-first-chat.json');
  const stream = await file.createReadStream();
  let text = '';
  for await (const piece of stream) text += String(piece);
  const conversation = (
    JSON.parse(text) as { conversations: { title: string; lanes: { tree: { messages: object } }[] }[] }
  ).conversations[0]!;
  assert.equal(conversation.title, 'My first chat');
  assert.equal(Object.keys(conversation.lanes[0]!.tree.messages).length, 6);
  await renamed.getByRole('button', { name: /^Delete/ }).click();
  await renamed.getByRole('button', { name: 'Delete', exact: true }).click();
  await renamed.waitFor({ state: 'detached' });
}

export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['PERSEA_SHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
