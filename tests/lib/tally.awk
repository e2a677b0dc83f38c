# Reads names of automake .trs files, counts the tests in the logs beside them, suite by suite.
# What a log does not count is one test; what failed without saying so is one failure; a skip too.

function read_log(name,    line, words) {
	good = bad = 0
	while ((getline line < name) > 0) {
		if (line ~ /^\[  PASSED  \] [0-9]+ test/) { split(line, words, " "); good += words[4] }
		if (line ~ /^\[  FAILED  \] [0-9]+ test/) { split(line, words, " "); bad += words[4] }
		if (line ~ /^[0-9]+ passed, [0-9]+ failed$/) last = line
	}
	close(name)
	if (last) { split(last, words, " "); good += words[1]; bad += words[3] }
}

/_probe\.trs$/ { next } # a program that a script uses

{
	trs = $0; result = "FAIL"
	while ((getline line < trs) > 0)
		if (line ~ /^:test-result: /) result = substr(line, 15)
	close(trs)
	base = substr(trs, 1, length(trs) - 4); last = ""
	read_log(base ".log")
	name = substr(base, length(dir) + 1); sub(/^tests\//, "", name)
	if (name !~ /^conformance\//) sub(/\/[^\/]*$/, "", name)
	if (name == "lint") good = bad = 0 # a lint is one test, however many files it looks at
	if (result == "PASS" && good + bad == 0) good = 1
	if (result != "PASS" && bad == 0) bad = 1
	if (bad) printf "failed: %s (%s)\n", base ".log", result
	if (!(name in goods)) order[++n] = name
	goods[name] += good; bads[name] += bad; allgood += good; allbad += bad
}

END {
	if (status != 0 && allbad == 0) { print "failed: make ended with " status; allbad = 1 }
	if (n == 0) { print "failed: no test ran"; allbad++ }
	for (i = 1; i <= n; i++)
		printf "suite %-22s %d passed, %d failed\n", order[i], goods[order[i]], bads[order[i]]
	printf "%d passed, %d failed\n", allgood, allbad
	exit allbad != 0
}
