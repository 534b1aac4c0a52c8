defmodule Ecto.Adapters.LibSql.Migration.Conversion.Number do
  @moduledoc false
  # SQL that converts a value to an integer, a float, a decimal or a boolean, and numbers to text. Each
  # expression is NULL for a value that has no equivalent. Every SQLite from 3.40 on evaluates them.

  # The first real number beyond 64-bit integers.
  @beyond_integers "9223372036854775808.0"

  @true_words ~w(t tr tru true y ye yes on 1)
  @false_words ~w(f fa fal fals false n no of off 0)

  ## Integers

  @doc """
  To an integer. Fractions round as in PostgreSQL: those of floats to the nearest even integer where two are
  equally near, those of decimals away from zero. A string that has a fraction is no integer.
  """
  @spec integer(iodata(), :float | :decimal | :text) :: iodata()
  def integer(v, from) do
    [
      ["CASE typeof(", v, ") WHEN 'integer' THEN ", v],
      [" WHEN 'real' THEN ", rounded(v, from)],
      [" WHEN 'text' THEN ", if(from == :decimal, do: rounded_text(v), else: whole_text(v))],
      " END"
    ]
  end

  defp rounded(v, from) do
    whole = ["CAST(", v, " AS INTEGER)"]
    rest = ["abs(", v, " - ", whole, ")"]
    tie = if from == :decimal, do: "1", else: [whole, " % 2 <> 0"]
    sign = ["CASE WHEN ", v, " < 0 THEN -1 ELSE 1 END"]

    [
      ["CASE WHEN ", v, " >= -", @beyond_integers, " AND ", v, " < ", @beyond_integers],
      [" THEN ", whole, " + CASE WHEN ", rest, " > 0.5 OR ", rest, " = 0.5 AND ", tie],
      [" THEN ", sign, " ELSE 0 END END"]
    ]
  end

  # The digits of a decimal may be more than a double holds: the integer part is cut out as text.
  defp rounded_text(v) do
    point = ["instr(", v, " || '.', '.')"]
    whole = ["CAST(substr(", v, ", 1, ", point, " - 1) AS NUMERIC)"]
    digit = ["substr(", v, ", ", point, " + 1, 1)"]
    sign = ["CASE WHEN CAST(", v, " AS REAL) < 0 THEN -1 ELSE 1 END"]
    sum = [whole, " + CASE WHEN ", digit, " >= '5' THEN ", sign, " ELSE 0 END"]

    [
      ["CASE WHEN NOT ", number?(v), " THEN NULL WHEN ", v, " GLOB '*[eE]*' THEN "],
      [rounded(["CAST(", v, " AS REAL)"], :decimal)],
      [" WHEN typeof(", sum, ") = 'integer' THEN ", sum, " END"]
    ]
  end

  defp whole_text(v) do
    number = ["CAST(", v, " AS NUMERIC)"]

    [
      ["CASE WHEN ", number?(v), " AND typeof(", number, ") = 'integer'"],
      [" AND (", v, " NOT GLOB '*[.eE]*' OR abs(", number, ") < 9007199254740992)"],
      [" THEN ", number, " END"]
    ]
  end

  # NUMERIC affinity, which the comparison applies to the text, converts well-formed numbers only.
  defp number?(v), do: ["(CAST(", v, " AS NUMERIC) = ", v, ?)]

  ## Floats

  @spec float(iodata()) :: iodata()
  def float(v) do
    real = ["CAST(", v, " AS REAL)"]

    [
      ["CASE WHEN typeof(", v, ") IN ('integer', 'real')"],
      [" OR typeof(", v, ") = 'text' AND ", number?(v), " THEN ", finite(real), " END"]
    ]
  end

  defp finite(real), do: ["CASE WHEN abs(", real, ") < 9e999 THEN ", real, " END"]

  ## Decimals

  @doc "To a decimal, which the column stores as a number or as text. A float has 15 digits, as in PostgreSQL."
  @spec decimal(iodata(), :number | :text, atom()) :: iodata()
  def decimal(v, form, from) do
    real = if form == :text, do: plain(v), else: fifteen_digits(v, from)
    text = if form == :text, do: plain_text(v), else: finite(["CAST(", v, " AS NUMERIC)"])
    integer = if form == :text, do: ["CAST(", v, " AS TEXT)"], else: v

    [
      ["CASE typeof(", v, ") WHEN 'integer' THEN ", integer],
      [" WHEN 'real' THEN CASE WHEN abs(", v, ") < 9e999 THEN ", real, " END"],
      [" WHEN 'text' THEN CASE WHEN ", number?(v), " THEN ", text, " END END"]
    ]
  end

  defp fifteen_digits(v, :float), do: ["CAST(printf('%.15g', ", v, ") AS NUMERIC)"]
  defp fifteen_digits(v, _decimal), do: v

  # Without an exponent, in the 15 digits that a double carries. `p` is the number as 1.23000000000000e+05.
  defp plain(v) do
    fraction = "rtrim(rtrim(printf('%.*f', max(1, 14 - e), n), '0'), '.')"
    digits = "replace(substr(p, 1, instr(p, 'e') - 1), '.', '')"
    zeros = "replace(hex(zeroblob(e - 14)), '00', '0')"

    [
      ["(SELECT CASE WHEN e < 15 THEN ", fraction, " ELSE ", digits, " || ", zeros, " END FROM "],
      "(SELECT n, p, CAST(substr(p, instr(p, 'e') + 1) AS INTEGER) AS e FROM ",
      ["(SELECT ", v, " AS n, printf('%.14e', ", v, ") AS p LIMIT 1) LIMIT 1))"]
    ]
  end

  # `+.50` as `0.50`; a text with an exponent goes through a double if that loses no digit.
  defp plain_text(v) do
    digits = ["ltrim(trim(", v, "), '+-')"]
    minus = ["CASE WHEN trim(", v, ") LIKE '-%' THEN '-' ELSE '' END"]
    bare = ["ltrim(", digits, ", '0')"]
    zero = ["CASE WHEN ", bare, " GLOB '[0-9]*' THEN '' ELSE '0' END"]

    [
      ["CASE WHEN ", v, " NOT GLOB '*[eE]*' THEN ", minus, " || ", zero, " || "],
      ["CASE WHEN ", bare, " LIKE '%.' THEN rtrim(", bare, ", '.') ELSE ", bare, " END"],
      [
        " WHEN length(replace(substr(",
        digits,
        ", 1, instr(lower(",
        digits,
        "), 'e') - 1), '.', ''))"
      ],
      [" <= 15 THEN ", plain(["CAST(", v, " AS REAL)"]), " END"]
    ]
  end

  ## Booleans

  @doc "To 0 or 1: an integer is false if it is 0; words are those of PostgreSQL."
  @spec boolean(iodata()) :: iodata()
  def boolean(v) do
    word = ["lower(trim(", v, "))"]

    [
      ["CASE WHEN typeof(", v, ") = 'integer' OR ", v, " IN (0.0, 1.0) THEN ", v, " <> 0"],
      [" WHEN ", word, " IN (", words(@true_words), ") THEN 1"],
      [" WHEN ", word, " IN (", words(@false_words), ") THEN 0 END"]
    ]
  end

  defp words(list), do: Enum.map_intersperse(list, ", ", &[?', &1, ?'])

  ## Texts

  @doc "Numbers as PostgreSQL writes them; booleans as `true` and `false`."
  @spec text(iodata(), atom()) :: iodata()
  def text(v, :boolean) do
    ["CASE ", boolean(v), " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"]
  end

  def text(v, from) do
    real = if from == :decimal, do: plain(v), else: digits(v)

    [
      ["CASE typeof(", v, ") WHEN 'integer' THEN CAST(", v, " AS TEXT)"],
      [" WHEN 'real' THEN ", real, " WHEN 'text' THEN ", v, " END"]
    ]
  end

  # 15 digits where they read as the same double, else 17: whether 16 do, SQLite cannot tell, because its conversion of
  # texts is wrong in the last bit for numbers nearly half way between two others.
  defp digits(v) do
    short = ["printf('%.15g', ", v, ")"]

    [
      ["CASE WHEN CAST(", short, " AS REAL) = ", v, " THEN ", short],
      [" ELSE printf('%!.17g', ", v, ") END"]
    ]
  end
end
