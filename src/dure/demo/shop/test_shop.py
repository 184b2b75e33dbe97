"""The tests of the shop. They leave their results as JUnit XML, where Dure finds them."""

import sys
import time
import unittest
from xml.sax.saxutils import quoteattr

import cart
import catalog
import web


class Prices(unittest.TestCase):
    def test_what_there_is_has_a_price(self) -> None:
        self.assertEqual(catalog.price_of("tea"), 9_500)

    def test_what_there_is_not_has_none(self) -> None:
        self.assertIsNone(catalog.price_of("moon"))


class Sums(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self) -> None:
        self.assertEqual(cart.total([]), 0)

    def test_two_things_cost_the_sum_of_both(self) -> None:
        self.assertEqual(cart.total(["tea", "fan"]), 21_500)


class Pages(unittest.TestCase):
    def test_the_page_shows_each_thing(self) -> None:
        page = web.page({"tea": 9_500, "fan": 12_000})
        self.assertIn("tea", page)
        self.assertIn("fan", page)


class Kept(unittest.TextTestResult):
    """Keeps each result with the time it took."""

    def startTest(self, test: unittest.TestCase) -> None:
        self.begun = time.perf_counter()
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:
        wrong = [told for bad, told in [*self.failures, *self.errors] if bad is test]
        inside = f"<failure message={quoteattr(wrong[0])}/>" if wrong else ""
        kind, _, name = test.id().rpartition(".")
        seconds = time.perf_counter() - self.begun
        cases.append(f'<testcase classname="{kind}" name="{name}" time="{seconds:.6f}">{inside}</testcase>')
        super().stopTest(test)


cases: list[str] = []

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(resultclass=Kept, verbosity=2).run(suite)
    with open("junit.xml", "w") as out:
        out.write(f'<testsuite name="shop">{"".join(cases)}</testsuite>')
    sys.exit(not result.wasSuccessful())
