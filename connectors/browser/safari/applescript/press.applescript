-- Runs a call that presses something, and then another one until it has an answer, also where the press led to another page.
-- Answers both, one a line; the first alone where there was nothing to press.
-- Arguments: as in `ask`, then the file of the second call.
on run argv
	set theWindow to (item 1 of argv) as integer
	set theLibrary to read POSIX file (item 2 of argv) as «class utf8»
	set thePress to read POSIX file (item 3 of argv) as «class utf8»
	set longest to (item 4 of argv) as integer
	set most to (item 5 of argv) as integer
	set pause to (item 6 of argv) as integer
	set theCall to read POSIX file (item 7 of argv) as «class utf8»
	set thePressed to missing value
	set theAnswer to missing value
	with timeout of longest seconds
		tell application id "com.apple.Safari"
			repeat most times
				set thePressed to do JavaScript thePress in current tab of window id theWindow
				if thePressed is "install" then
					do JavaScript theLibrary in current tab of window id theWindow
				else if thePressed is not missing value and thePressed is not "again" then
					exit repeat
				else
					delay pause / 1000
				end if
			end repeat
			if thePressed is missing value or thePressed does not contain "index" then
				return thePressed
			end if
			repeat most times
				set theAnswer to do JavaScript theCall in current tab of window id theWindow
				if theAnswer is "install" then
					do JavaScript theLibrary in current tab of window id theWindow
				else if theAnswer is not missing value and theAnswer is not "again" then
					exit repeat
				else
					delay pause / 1000
				end if
			end repeat
		end tell
	end timeout
	if theAnswer is missing value then
		return thePressed
	end if
	return thePressed & linefeed & theAnswer
end run
