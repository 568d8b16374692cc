# Second factor: what a telephone shows and the login asks for.
error-second-factor-needed = this needs a second factor: set it up with `ssh -t … totp add`, then come in again
error-totp-terminal = `totp` needs a terminal: come in with `ssh -t`
error-totp-twice = you have a second factor already: to set up another, first remove it with `totp remove`
error-totp-none = you have no second factor: set it up with `totp add`
error-totp-code = that code is not right: type the one that is shown now, and see that the telephone's time is right
error-totp-closed = too many wrong codes: none is looked at for the next { $minutes ->
    [one] minute
   *[other] { $minutes } minutes
}
error-totp-nobody = `{ $login }` has no second factor: there is nothing to take away
error-totp-self = that is your own second factor: remove it with `totp remove` and a code

notice-wrong-code = That code is wrong or was used already: wait for the next one.
notice-too-many-codes = Too many wrong verification codes: wait some minutes and connect again. If you lost the telephone, use a recovery code or ask for help.
ask-totp-code = Verification code:
ask-person-totp-reset = Take the second factor of `{ $login }` away? They will come in with their key or password alone.

totp-scan = Read this with the code app of your telephone, or type the key into it:
totp-secret = key: { $secret }
totp-keep-codes = Keep them away from the telephone: each works once in place of a code, and they are not shown again.
done-totp-added = The second factor is set up. Recovery codes:
done-totp-again = From now on each login asks for a code. In this session you have not proved it yet: leave and come in again.
done-totp-removed = The second factor is removed.
done-totp-codes = New recovery codes; those before do not work any more:
done-totp-reset = `{ $login }` has no second factor any more. Their open sessions go on: if somebody else has the telephone, close them with `person suspend { $login }`.
col-second-factor = second factor
word-factor-proved = yes, in this login; { $left ->
    [one] one recovery code is
   *[other] { $left } recovery codes are
} left
word-factor-unproved = yes, but not in this login: come in again; { $left ->
    [one] one recovery code is
   *[other] { $left } recovery codes are
} left

use-person-totp-reset = person totp-reset LOGIN [--yes]
sum-person-totp-reset = Takes the second factor away from somebody who lost it.
help-person-totp-reset =
    They will come in with their key or password alone, and may set up another
    with `totp add`.

    --yes    without asking

    Example: person totp-reset profesor2

help-totp = Your second factor: a code from your telephone that each login asks for.
use-totp-add = totp add
sum-totp-add = Sets your second factor up.
help-totp-add =
    Shows a QR code for the code app of your telephone, asks for a code to check
    it, and gives ten recovery codes. It needs a terminal.

    Example: ssh -t { $door } totp add
use-totp-remove = totp remove
sum-totp-remove = Removes your second factor; it asks for a code.
help-totp-remove =
    A recovery code will do too. It needs a terminal.

    Example: ssh -t { $door } totp remove
use-totp-codes = totp codes
sum-totp-codes = Gives ten new recovery codes; it asks for a code.
help-totp-codes =
    Those before stop working. It needs a terminal.

    Example: ssh -t { $door } totp codes
