"""Which files count as pictures."""

from liftveil.imaging import picture_files


def test_pictures_are_found_at_every_depth_in_the_order_of_their_paths(tmp_path):
    names = ["b.png", "a/z.JPG", "a/b/c.webp", "B.tiff", "c.bmp", "d.ppm", "e.jpeg", "f.TIF", "h.avif", "i.jp2"]
    others = ["notes.txt", "a/list.json", "png", "x.png.part", "y.eps", "z.pdf", "a/.png"]
    for name in names + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "album.png").mkdir()
    assert picture_files(tmp_path) == sorted(tmp_path / name for name in names)


def test_there_may_be_none(tmp_path):
    assert picture_files(tmp_path) == []
