// New keys for a site, each under a selector of its own: written as slowly as a careless
// postmaster's program would, while control/dksign names it already.

import { makeRsaKey, pemOf, type Site } from "../support/site.ts";
import { OUR_DOMAIN } from "./letter.ts";

/** Each key is made once, and serves under many selectors. */
const KEYS = Array.from({ length: 3 }, () => makeRsaKey(1024));

export class KeyRotation {
  count = 0;
  #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  /** @param halfWritten What is waited for while half of the new key is there. */
  async replace(halfWritten: () => Promise<void>): Promise<void> {
    const key = KEYS[this.count % KEYS.length]!;
    const selector = `k${++this.count}`;
    const pem = pemOf(key.privateKey);
    const half = pem.slice(0, pem.length / 2);
    await this.#site.write(`keys/${OUR_DOMAIN}/${selector}`, half);
    await this.#use(selector);
    await halfWritten();
    await this.#site.addKey(OUR_DOMAIN, selector, key);
  }

  async #use(selector: string): Promise<void> {
    const { folder } = this.#site;
    const pattern = `${folder}/keys/%/${selector}\n`;
    const written = await this.#site.write("control/dksign.new", pattern);
    await Deno.rename(written, `${folder}/control/dksign`);
  }
}
