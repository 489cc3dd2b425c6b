-- Runs a call in the page of a window again and again until it has an answer, also over navigations.
-- Arguments: the window's id, the file of the library, the file of the call, the longest time of one event (seconds), how
-- often to ask at most, the pause between two (milliseconds).
on run argv
	set theWindow to (item 1 of argv) as integer
	set theLibrary to read POSIX file (item 2 of argv) as «class utf8»
	set theCall to read POSIX file (item 3 of argv) as «class utf8»
	set longest to (item 4 of argv) as integer
	set most to (item 5 of argv) as integer
	set pause to (item 6 of argv) as integer
	set theAnswer to missing value
	with timeout of longest seconds
		tell application id "com.apple.Safari"
			repeat most times
				set theAnswer to do JavaScript theCall in current tab of window id theWindow
				if theAnswer is "install" then
					do JavaScript theLibrary in current tab of window id theWindow
				else if theAnswer is not missing value and theAnswer is not "again" then
					return theAnswer
				else
					delay pause / 1000
				end if
			end repeat
		end tell
	end timeout
	return theAnswer
end run
