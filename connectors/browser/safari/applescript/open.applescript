-- Loads an address in a window and runs a call in the new page until it has an answer.
-- Arguments: as in `ask`, then the file that leaves the page before, then the file of the address.
on run argv
	set theWindow to (item 1 of argv) as integer
	set theLibrary to read POSIX file (item 2 of argv) as «class utf8»
	set theCall to read POSIX file (item 3 of argv) as «class utf8»
	set longest to (item 4 of argv) as integer
	set most to (item 5 of argv) as integer
	set pause to (item 6 of argv) as integer
	set theLeave to read POSIX file (item 7 of argv) as «class utf8»
	set theAddress to read POSIX file (item 8 of argv) as «class utf8»
	set theAnswer to missing value
	with timeout of longest seconds
		tell application id "com.apple.Safari"
			set theAnswer to do JavaScript theLeave in current tab of window id theWindow
			if theAnswer is "stranger" then
				return theAnswer
			end if
			set URL of current tab of window id theWindow to theAddress
			set theAnswer to missing value
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
