// dk-doctor by the path that it has in a clone.

import "./dk_doctor/main.ts";
