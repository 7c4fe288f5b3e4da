// dktest by the path that it has in a clone.

import "./dktest/main.ts";
