"""The part of the catalogue about effects and refusals: (English, German) by key."""

EFFECTS: dict[str, tuple[str, str]] = {
    "cause.adjustment": ("an adjustment", "eine Anpassung"),
    "cause.move": ("a move from another member", "eine Übertragung von einem anderen Mitglied"),
    "cause.refund": ("a refund", "eine Rückgabe"),
    "lot.opened": (
        "{points} for {cause}, in lot {lot}: {active}; {expires}.",
        "{points} für {cause}, in Posten {lot}: {active}; {expires}.",
    ),
    "lot.revised": (
        "{points} for {cause}, which entry {seq} should have earned, in lot {lot}: {active};"
        " {expires}.",
        "{points} für {cause}, die Eintrag {seq} hätte ergeben sollen, in Posten {lot}: {active};"
        " {expires}.",
    ),
    "active.now": ("can be spent at once", "sofort einlösbar"),
    "active.waiting": ("can be spent once confirmed", "nach Bestätigung einlösbar"),
    "active.at": ("can be spent from {at}", "einlösbar ab {at}"),
    "expires.never": ("never expire", "verfallen nie"),
    "expires.sliding": ("expire without activity", "verfallen ohne Aktivität"),
    "expires.at": ("expire {at}", "verfallen {at}"),
    "drawn.held": ("{points} of lot {lot} reserved.", "{points} aus Posten {lot} reserviert."),
    "drawn.debt": (
        "{points} of lot {lot} pay what was owed.",
        "{points} aus Posten {lot} begleichen eine Schuld.",
    ),
    "drawn.expired": ("{points} of lot {lot} expired.", "{points} aus Posten {lot} verfallen."),
    "drawn.reversed": (
        "{points} of lot {lot} taken back.",
        "{points} aus Posten {lot} zurückgenommen.",
    ),
    "drawn.redeemed": ("{points} of lot {lot} spent.", "{points} aus Posten {lot} eingelöst."),
    "drawn.adjusted": (
        "{points} of lot {lot} taken by an adjustment.",
        "{points} aus Posten {lot} durch eine Anpassung entnommen.",
    ),
    "drawn.transit": (
        "{points} of lot {lot} leave for another member.",
        "{points} aus Posten {lot} gehen an ein anderes Mitglied.",
    ),
    "drawn.forfeited": (
        "{points} of lot {lot} forfeited.",
        "{points} aus Posten {lot} verwirkt.",
    ),
    "drawn.donated": ("{points} of lot {lot} donated.", "{points} aus Posten {lot} gespendet."),
    "drawn.due_to_partner": (
        "{points} of lot {lot} due to a partner.",
        "{points} aus Posten {lot} stehen einem Partner zu.",
    ),
    "drawn.other": ("{points} leave lot {lot}.", "{points} verlassen Posten {lot}."),
    "lot.restored": (
        "{points} return to lot {lot}; {expires}.",
        "{points} kommen in Posten {lot} zurück; {expires}.",
    ),
    "lot.activated": (
        "{points} of lot {lot} can be spent from now on.",
        "{points} aus Posten {lot} sind ab jetzt einlösbar.",
    ),
    "grants.returned": (
        "What redemption {hold} had taken from stock is free again.",
        "Was Einlösung {hold} dem Bestand entnommen hatte, ist wieder frei.",
    ),
    "clawback.left": (
        "{points} are held or spent; what of that returns is taken back.",
        "{points} sind reserviert oder eingelöst; was davon wiederkommt, wird zurückgenommen.",
    ),
    "clawback.found": (
        "{points} return and are taken back, since the refund in entry {seq} did not find them.",
        "{points} kommen wieder und werden zurückgenommen, weil sie bei der Rückgabe in Eintrag"
        " {seq} fehlten.",
    ),
    "moved.redeemed": ("{points} spent.", "{points} eingelöst."),
    "moved.expired": ("{points} expired.", "{points} verfallen."),
    "moved.owed": ("{points} are owed from now on.", "{points} sind nun geschuldet."),
    "moved.settled": ("{points} are no longer owed.", "{points} sind nicht mehr geschuldet."),
    "moved.other": (
        "{points} move from {debit} to {credit}.",
        "{points} gehen von {debit} nach {credit}.",
    ),
    "counted.uses": (
        "Uses of {rule} that are counted {period}: {amount}.",
        "Gezählte Nutzungen von {rule} {period}: {amount}.",
    ),
    "counted.points": (
        "What {rule} has given, counted {period}: {amount}.",
        "Was {rule} ergeben hat, gezählt {period}: {amount}.",
    ),
    "counted.reward": (
        "Uses of {reward} that are counted {period}: {amount}.",
        "Gezählte Nutzungen von {reward} {period}: {amount}.",
    ),
    "counted.spend": (
        "Spending that counts for the tier, {period}: {amount}.",
        "Umsatz, der für die Stufe zählt, {period}: {amount}.",
    ),
    "counted.earned": (
        "Earning that counts for the tier, {period}: {amount}.",
        "Gesammeltes, das für die Stufe zählt, {period}: {amount}.",
    ),
    "counted.purchases": (
        "Purchases that are counted: {amount}.",
        "Gezählte Einkäufe: {amount}.",
    ),
    "counted.other": (
        "{counter}, counted {period}: {amount}.",
        "{counter}, gezählt {period}: {amount}.",
    ),
    "tier.moved": (
        "Tier {before} becomes {after} at {metric}.",
        "Stufe {before} wird {after} bei {metric}.",
    ),
    "hold.opened": (
        "{reward} reserved for {points} until {until}, worth {discount}.",
        "{reward} für {points} reserviert bis {until}, Wert {discount}.",
    ),
    "hold.captured": ("{reward} used for {points}.", "{reward} für {points} eingelöst."),
    "hold.voided": (
        "{reward} given back, {points} free again.",
        "{reward} zurückgegeben, {points} wieder frei.",
    ),
    "hold.lapsed": (
        "The reservation of {reward} lapsed, {points} free again.",
        "Die Reservierung von {reward} ist abgelaufen, {points} wieder frei.",
    ),
    "redemption.linked": (
        "{reward}, redemption {hold} for {points}, took {discount} off this purchase.",
        "{reward}, Einlösung {hold} für {points}, hat diesen Einkauf um {discount} gemindert.",
    ),
    "redemption.linked.code": (
        "{reward}, redemption {hold} for {points}, was named by this purchase; the code stays the"
        " member's, and the points do not return with a refund.",
        "{reward}, Einlösung {hold} für {points}, wurde von diesem Einkauf genannt; der Code bleibt"
        " beim Mitglied, und die Punkte kommen mit einer Rückgabe nicht zurück.",
    ),
    "refund.arrived": (
        "What came back was bought by a member who was merged into this one.",
        "Was zurückkam, hatte ein Mitglied gekauft, das in dieses überging.",
    ),
    "refund.progress.one": (
        "Come back so far of the purchase in entry {seq}: 1 line, {amount}.",
        "Bisher zurück vom Einkauf in Eintrag {seq}: 1 Zeile, {amount}.",
    ),
    "refund.progress.many": (
        "Come back so far of the purchase in entry {seq}: {count} lines, {amount}.",
        "Bisher zurück vom Einkauf in Eintrag {seq}: {count} Zeilen, {amount}.",
    ),
    "status.active": ("The membership is active.", "Die Mitgliedschaft ist aktiv."),
    "status.closed": ("The membership has ended.", "Die Mitgliedschaft ist beendet."),
    "status.merged": (
        "The membership was merged into another.",
        "Die Mitgliedschaft wurde mit einer anderen zusammengeführt.",
    ),
    "attributes.set": (
        "Attributes set: {names}; segments: {segments}.",
        "Merkmale gesetzt: {names}; Segmente: {segments}.",
    ),
    "touched": (
        "Activity in {currency}: without more of it, points expire {until}.",
        "Aktivität bei {currency}: Ohne weitere verfallen Punkte {until}.",
    ),
    "revised": (
        "What entry {seq} earns changes by {points}.",
        "Was Eintrag {seq} ergibt, ändert sich um {points}.",
    ),
}

REFUSALS: dict[str, tuple[str, str]] = {
    "refusal.unknown": (
        "The event was refused ({code}).",
        "Das Ereignis wurde abgelehnt ({code}).",
    ),
    "refusal.member_closed": (
        "The membership has ended ({status}).",
        "Die Mitgliedschaft ist beendet ({status}).",
    ),
    "next.member_closed": (
        "Use the member that this one was merged into. After a closure, remove the identifiers of "
        "this one or erase it, then enrol the customer again.",
        "Das Mitglied verwenden, mit dem dieses zusammengeführt wurde. Nach einer Beendigung die "
        "Kennungen dieses Mitglieds entfernen oder es löschen, dann die Person neu aufnehmen.",
    ),
    "refusal.unknown_currency": (
        "The program has no points currency {currency}.",
        "Das Programm hat keine Punktewährung {currency}.",
    ),
    "next.unknown_currency": (
        "Use the id of a currency of the program.",
        "Die Kennung einer Währung des Programms verwenden.",
    ),
    "refusal.insufficient_points": (
        "{needed} are needed, {available} can be spent now.",
        "{needed} sind nötig, {available} sind jetzt einlösbar.",
    ),
    "next.insufficient_points": (
        "Choose a reward that costs less, or wait until pending points can be spent.",
        "Eine günstigere Prämie wählen oder warten, bis ausstehende Punkte einlösbar sind.",
    ),
    "refusal.unknown_purchase": (
        "Entry {purchase_seq} is no accepted purchase of this member.",
        "Eintrag {purchase_seq} ist kein angenommener Einkauf dieses Mitglieds.",
    ),
    "next.unknown_purchase": (
        "Name the entry of the purchase itself, in this member's journal.",
        "Den Eintrag des Einkaufs selbst nennen, im Journal dieses Mitglieds.",
    ),
    "refusal.already_refunded": (
        "Nothing is left of the purchase in entry {purchase_seq}.",
        "Vom Einkauf in Eintrag {purchase_seq} ist nichts mehr übrig.",
    ),
    "next.already_refunded": (
        "Nothing is to be done: all of the purchase has come back before.",
        "Es ist nichts zu tun: Der ganze Einkauf kam schon zurück.",
    ),
    "refusal.unknown_line": (
        "The purchase in entry {purchase_seq} has no line {line_id}.",
        "Der Einkauf in Eintrag {purchase_seq} hat keine Zeile {line_id}.",
    ),
    "next.unknown_line": (
        "Use the line ids that the purchase was sent with.",
        "Die Zeilenkennungen verwenden, mit denen der Einkauf gesendet wurde.",
    ),
    "refusal.over_refund": (
        "More comes back than is left of line {line_id}: {asked} of {left} ({of}).",
        "Von Zeile {line_id} kommt mehr zurück, als übrig ist: {asked} von {left} ({of}).",
    ),
    "next.over_refund": (
        "Refund at most what is left of the line.",
        "Höchstens zurückgeben, was von der Zeile übrig ist.",
    ),
    "refusal.nothing_to_confirm": (
        "No points of the purchase in entry {purchase_seq} wait for a confirmation.",
        "Keine Punkte vom Einkauf in Eintrag {purchase_seq} warten auf eine Bestätigung.",
    ),
    "next.nothing_to_confirm": (
        "Nothing is to be done: its points are active, spent, or were taken back.",
        "Es ist nichts zu tun: Seine Punkte sind aktiv, eingelöst oder zurückgenommen.",
    ),
    "refusal.nothing_to_move": ("The wallet is empty.", "Das Konto ist leer."),
    "next.nothing_to_move": (
        "Choose a wallet that holds points.",
        "Ein Konto mit Punkten wählen.",
    ),
    "refusal.hold_not_open": (
        "There is no open reservation {hold}.",
        "Es gibt keine offene Reservierung {hold}.",
    ),
    "next.hold_not_open": (
        "Ask for a new quote and hold the reward again.",
        "Ein neues Angebot holen und die Prämie neu reservieren.",
    ),
    "refusal.hold_expired": (
        "Reservation {hold} ended at {expired_at}.",
        "Reservierung {hold} endete am {expired_at}.",
    ),
    "next.hold_expired": (
        "Hold the reward again; its points are back in the wallet.",
        "Die Prämie neu reservieren; ihre Punkte sind wieder frei.",
    ),
    "refusal.too_many_holds": (
        "No more than {limit} reservations may be open.",
        "Mehr als {limit} offene Reservierungen sind nicht möglich.",
    ),
    "next.too_many_holds": (
        "Capture or void a hold that is open.",
        "Eine offene Reservierung einlösen oder zurückgeben.",
    ),
    "refusal.unknown_reward": (
        "The program has no reward {reward}.",
        "Das Programm hat keine Prämie {reward}.",
    ),
    "next.unknown_reward": (
        "Use the id of a reward of the program.",
        "Die Kennung einer Prämie des Programms verwenden.",
    ),
    "refusal.reward_unavailable": (
        "{reward} cannot be used on this cart ({reasons}).",
        "{reward} ist für diesen Warenkorb nicht möglich ({reasons}).",
    ),
    "next.reward_unavailable": (
        "Ask for a quote: it says what the cart or the member lacks.",
        "Ein Angebot holen: Es sagt, was dem Warenkorb oder dem Mitglied fehlt.",
    ),
    "refusal.limit_reached": (
        "{reward} has had {used} of {limit} uses {period}.",
        "{reward} hatte {used} von {limit} Nutzungen {period}.",
    ),
    "next.limit_reached": (
        "Use the reward again in the next period.",
        "Die Prämie im nächsten Zeitraum wieder nutzen.",
    ),
    "refusal.out_of_stock": ("Nothing is left of {reward}.", "{reward} ist vergriffen."),
    "next.out_of_stock": (
        "Choose another reward, or add stock.",
        "Eine andere Prämie wählen oder Bestand nachlegen.",
    ),
    "refusal.amount_too_large": (
        "A number of the event, or what it adds up to, is too large to be stored.",
        "Eine Zahl des Ereignisses oder ihre Summe ist zu groß, um gespeichert zu werden.",
    ),
    "next.amount_too_large": (
        "Check the amounts of the event and the rates of the program's rules.",
        "Die Beträge des Ereignisses und die Sätze der Regeln des Programms prüfen.",
    ),
    "refusal.claim_mismatch": (
        "{reward} takes off {actual_minor}, not {claimed_minor}.",
        "{reward} mindert um {actual_minor}, nicht um {claimed_minor}.",
    ),
    "next.claim_mismatch": (
        "Ask for a new quote: the cart or the program has changed.",
        "Ein neues Angebot holen: Warenkorb oder Programm haben sich geändert.",
    ),
}
