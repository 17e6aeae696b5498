def test_a(cs_rec):
    t = cs_rec.start(".", *cs_rec.child("count", 100000))
    assert t.wait() == 0
    assert bytes(t.screen) == cs_rec.log.output()
    assert len(t.screen) == 100000
    assert t.mode() == t.found_mode
    print(cs_rec.log.meta(), cs_rec.log.events())
