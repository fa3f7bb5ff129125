# The failed assertions of TAP in short: where each stands, and what was found in place of what was expected.
function indent_of(line) { match(line, /^ */); return RLENGTH }
/^ *# Subtest: / {
  depth = indent_of($0) / 4
  name = $0
  sub(/^ *# Subtest: /, "", name)
  names[depth] = name
  next
}
# A test that holds the failed assertion says only how long it took.
/^ *not ok / && !/# time=[0-9.]+ms$/ {
  told++
  if (told > 12) next
  depth = indent_of($0) / 4
  path = names[0]
  for (i = 1; i < depth; i++) path = path " > " names[i]
  line = $0
  sub(/^ */, "", line)
  if (length(line) > 900) line = substr(line, 1, 200) " … " substr(line, length(line) - 700)
  print "✗ " path
  print "  " line
  lines = 0
  in_failure = 1
  in_diff = 0
  next
}
in_failure && /^ *\.\.\.$/ { in_failure = 0 }
in_failure && /^ *diff: / { in_diff = 1; next }
in_failure && in_diff && /^ *[a-zA-Z]+:( [|>].*)?$/ { in_diff = 0 }
in_failure && in_diff && lines < 16 && /^ *[-+]/ {
  lines++
  line = $0
  sub(/^ */, "", line)
  print "    " substr(line, 1, 400)
}
END { if (told > 12) print "and " told - 12 " more" }
