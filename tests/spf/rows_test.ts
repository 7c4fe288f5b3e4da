// `checkSpf()` over the project's own rows. Knows nothing of what they are about.

import { LIMIT_ROWS } from "../support/spf_limit_rows.ts";
import { MACRO_ROWS } from "../support/spf_macro_rows.ts";
import { MECHANISM_ROWS } from "../support/spf_mechanism_rows.ts";
import { RECORD_ROWS } from "../support/spf_record_rows.ts";
import { testSpfRows } from "../support/spf_rows.ts";

testSpfRows(RECORD_ROWS);
testSpfRows(MECHANISM_ROWS);
testSpfRows(MACRO_ROWS);
testSpfRows(LIMIT_ROWS);
