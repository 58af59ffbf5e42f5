// The keyboard alone, themes, a phone, the lab, and keys.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { answers, idle, message, say, shot } from './chat_steps';
import type { Stage } from './stage';

const ground = (page: Page): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName || '');

export async function keyboardOnly(page: Page): Promise<void> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await help.waitFor();
  await shot(page, 'keys');
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await page.keyboard.press('n');
  await page.waitForFunction(() => document.activeElement?.id === 'message');
  await page.keyboard.type('One line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('and? another');
  await page.keyboard.press('Enter');
  await idle(page);
  assert.equal(await page.locator('.prompt-text').innerText(), 'One line\nand? another');
  assert.equal(await focused(page), 'message');
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'BODY');
  await page.keyboard.press('r');
  await answers(page).getByText('2 / 2').waitFor();
  await idle(page);
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.id === 'message');
  await page.keyboard.press('ArrowUp');
  await page.getByRole('textbox', { name: 'Edit the message' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Edit the message' }).waitFor({ state: 'detached' });
  // Everything can be reached by Tab, and shows that it is.
  const names = new Set<string>();
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press('Tab');
    names.add(
      await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      ),
    );
  }
  for (const name of ['Regenerate', 'Copy the answer', 'Keyboard shortcuts'])
    assert.ok(names.has(name), `Tab never comes to ${name}`);
}

export async function themes(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await ground(page);
  assert.notEqual(light, dark);
  const button = page.getByRole('button', { name: /^Colours/ });
  await button.click(); // light, whatever the system says
  assert.equal(await ground(page), light);
  await page.reload();
  await message(page).waitFor();
  assert.equal(await ground(page), light);
  await button.click();
  await page.emulateMedia({ colorScheme: 'light' });
  assert.equal(await ground(page), dark);
  await button.click();
  assert.equal(await ground(page), light);
}

export const fits = async (page: Page, what: string): Promise<void> => {
  const wide = await page.evaluate(() =>
    Math.max(
      document.documentElement.scrollWidth,
      document.body.scrollWidth,
      document.querySelector('#main')!.scrollWidth,
    ),
  );
  assert.ok(wide <= 360, `${what} is ${wide} pixels wide on a phone of 360`);
};

export async function phone(page: Page, stage: Stage): Promise<void> {
  await page.goto(stage.url);
  await message(page).waitFor();
  await fits(page, 'the empty chat');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('spinbutton', { name: 'Longest answer' }).fill('40');
  await page.getByRole('spinbutton', { name: 'Longest answer' }).blur();
  await fits(page, 'the settings');
  await shot(page, 'phone-settings');
  await page.getByRole('button', { name: 'Close the settings' }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  await say(page, 'A message from a phone with averyveryveryveryveryveryveryveryveryveryveryverylongword');
  await idle(page);
  await fits(page, 'the chat');
  await shot(page, 'phone-chat');
  await page.getByRole('tab', { name: 'second' }).click();
  await fits(page, 'the other model');
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.waitForTimeout(250);
  await shot(page, 'phone-menu');
  await page.getByRole('link', { name: 'Lab' }).click();
  await page.getByRole('heading', { name: 'Finished runs' }).waitFor();
  await page
    .getByRole('link', { name: /^model-/ })
    .last()
    .waitFor();
  await fits(page, 'the lab');
  await shot(page, 'phone-lab');
  await page
    .getByRole('link', { name: /^model-/ })
    .last()
    .click();
  await page.locator('.chart canvas').first().waitFor();
  await fits(page, 'a run');
  await shot(page, 'phone-run');
  await page.getByRole('link', { name: 'Artifact and lineage' }).click();
  await page.locator('.node').first().waitFor();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await fits(page, 'an artifact');
  await shot(page, 'phone-artifact');
}

export async function runs(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Lab' }).click();
  const running = page.locator('.run-cards li').filter({ hasText: 'running' });
  await running.getByRole('link').waitFor();
  await shot(page, 'lab-runs');
  await running.getByRole('link').click();
  await page.locator('.chart canvas').first().waitFor();
  await page.getByText('live', { exact: true }).waitFor();
  const step = async (): Promise<number> => Number(await page.locator('.tiles dd').first().innerText());
  const before = await step();
  await page.waitForFunction((was) => Number(document.querySelector('.tiles dd')?.textContent) > was, before);
  await page.locator('.charts figure').nth(2).waitFor();
  const ink = await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.chart canvas')!;
    return canvas
      .getContext('2d')!
      .getImageData(0, 0, canvas.width, canvas.height)
      .data.some((value) => value !== 0);
  });
  assert.ok(ink, 'the chart is empty');
  await shot(page, 'lab-live');
  await page.getByRole('link', { name: 'Back to the runs' }).click();
  await page
    .getByRole('table')
    .getByRole('link', { name: /^model-/ })
    .click();
  await page.getByRole('group', { name: /^Loss: training \d/ }).waitFor();
  await page.getByLabel('Along').selectOption('tokens');
  await page
    .getByRole('group', { name: /at tokens \d/ })
    .first()
    .waitFor();
  await shot(page, 'lab-run');
}

export async function lineage(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Artifact and lineage' }).click();
  const nodes = page.locator('.graph .node');
  await nodes.nth(3).waitFor();
  const edges = await page.locator('.graph .edges path').count();
  assert.ok(edges >= 4, `${edges} lines`);
  await page
    .locator('.manifest')
    .getByRole('heading', { name: /^model-/ })
    .waitFor();
  // By keys alone: to what it was made from, whose manifest Enter shows.
  await page.locator('.node.root').focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page
    .locator('.manifest')
    .getByRole('heading', { name: /^(tokens|vocabulary|tokenizer|corpus)-/ })
    .waitFor();
  await page.locator('.node[data-kind="corpus"]').click();
  await page
    .locator('.manifest')
    .getByRole('heading', { name: /^corpus-/ })
    .waitFor();
  await page.locator('.manifest').getByText('SHA-256').first().waitFor();
  await shot(page, 'lab-lineage');
  await page.getByRole('link', { name: 'Back to the artifacts' }).click();
  await page.getByRole('button', { name: /^corpus/ }).click();
  await page.getByRole('link', { name: /^model-/ }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: /^corpus-/ }).waitFor();
  await page.getByRole('button', { name: /^all/ }).click();
  await page.getByRole('link', { name: /^model-/ }).waitFor();
  await shot(page, 'lab-artifacts');
}

export async function keys(page: Page, stage: Stage): Promise<void> {
  const narrow = stage.addKey('generate', 'trace');
  const wide = stage.addKey('generate', 'trace', 'feedback', 'lab');
  await page.waitForTimeout(1200); // the server looks for the first key once a second
  await page.goto(stage.url);
  const dialog = page.getByRole('dialog', { name: 'API key' });
  await dialog.waitFor();
  await shot(page, 'key');
  await dialog.getByLabel('Key', { exact: true }).fill('psk_wrong');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').getByText('not known here').waitFor();
  await dialog.getByLabel('Key', { exact: true }).fill(narrow);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await say(page, 'With a key');
  await idle(page);
  await page
    .locator('.facts')
    .getByText(/tokens?$/)
    .first()
    .waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('persea.key')), null);
  await page.getByRole('link', { name: 'Lab' }).click();
  await page.getByRole('alert').getByText('does not have the scope "lab"').waitFor();
  await page.getByRole('button', { name: /^API key/ }).click();
  await dialog.getByLabel('Key', { exact: true }).fill(wide);
  await dialog.getByLabel(/Keep it in this browser/).check();
  await dialog.getByRole('button', { name: 'Use this key' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.reload();
  await page
    .getByRole('link', { name: /^model-/ })
    .first()
    .waitFor();
  assert.notEqual(await page.evaluate(() => localStorage.getItem('persea.key')), null);
  // What was recorded of this key's user goes when asked.
  await page.getByRole('button', { name: 'Your data on the server' }).click();
  await page.getByRole('button', { name: 'Delete my data on the server' }).click();
  await page.getByRole('button', { name: 'Yes, delete' }).click();
  await page.getByText(/^Deleted: \d+ replies/).waitFor();
}
