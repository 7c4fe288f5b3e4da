// Alt-N's libdkim through Debian's libdkimtest, a process for each message. Signing alone: it
// verifies with the machine's DNS, which has no key of ours.

import { LIBDKIM_KEY, writeMessages } from "./keys.ts";
import {
  CANONICALIZATION_LETTERS,
  CRLF,
  DKIM_RSA,
  mapAtOnce,
  type Party,
  type Signed,
  type Way,
} from "./peer.ts";
import { probe, run } from "./process.ts";
import { toText } from "../../lib/message/octets.ts";

/** Domain, selector and `l=` are compiled in. */
export const LIBDKIM: Party = {
  signer: {
    ...await probe("libdkimtest", ["libdkimtest", "-h"]),
    ways: DKIM_RSA,
    spellings: CRLF,
    sign,
  },
};

async function sign(messages: string[], way: Way): Promise<Signed[]> {
  const { folder, names } = await writeMessages(messages);
  return await mapAtOnce(names, async (name): Promise<Signed> => {
    const letter = CANONICALIZATION_LETTERS[way.canonicalization];
    const out = `${name}.signed`;
    try {
      await run([
        "libdkimtest",
        "-s",
        "-b2",
        "-z2",
        `-c${letter}`,
        "-x-",
        name,
        LIBDKIM_KEY.path,
        out,
      ], { cwd: folder });
    } catch (error) {
      return { error: String(error) };
    }
    return { signed: toText(await Deno.readFile(`${folder}/${out}`)) };
  });
}
