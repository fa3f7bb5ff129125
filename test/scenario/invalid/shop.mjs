// What scenarios of this folder start, that are wrong in something else.
