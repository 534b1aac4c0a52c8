defmodule Ecto.Adapters.LibSql.SQL.Typing.DateTime do
  @moduledoc false
  # Times are texts, and texts only sort by time within one form: `…:00Z` comes behind `…:00.5Z`. Where two
  # forms meet, one of the operands is written in the form of the other. A column of a table stays as it is,
  # so that its index serves.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.{Expr, Sources}
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @forms %{
    utc_datetime: {:utc, 0},
    utc_datetime_usec: {:utc, 6},
    naive_datetime: {:naive, 0},
    naive_datetime_usec: {:naive, 6},
    time: {:time, 0},
    time_usec: {:time, 6}
  }
  @typedoc "The zone that is written, or that there is no date, and the digits of the fraction."
  @type form :: {:utc | :naive | :time, 0 | 6}

  @doc "The operand in the form of `other`, or nil where it stays as it is."
  @spec operand(term(), term(), Sources.t(), map()) :: iodata() | nil
  def operand(expr, other, sources, query) do
    own = form(expr, other, sources, query)
    theirs = form(other, expr, sources, query)

    if rank(expr, own, sources) < rank(other, theirs, sources),
      do: adapted(expr, other, sources, query)
  end

  @doc "The operand in the form of `other`, which cannot be rewritten; nil where it has that form."
  @spec adapted(term(), term(), Sources.t(), map()) :: iodata() | nil
  def adapted(expr, other, sources, query) do
    own = form(expr, other, sources, query)
    theirs = form(other, expr, sources, query)

    if theirs != nil and own != theirs and moment?(own, expr) do
      sql = Expr.expr(expr, sources, query)
      sql |> written(theirs) |> guarded(sql, own, expr, theirs)
    end
  end

  @doc "The same for `value`, a member of a list that travels as JSON."
  @spec listed(iodata(), term(), Sources.t(), map()) :: iodata() | nil
  def listed(value, left, sources, query) do
    parameter = {:^, [], [0]}
    own = form(parameter, left, sources, query)
    theirs = form(left, parameter, sources, query)

    if theirs != nil and own != theirs,
      do: value |> written(theirs) |> guarded(value, own, parameter, theirs)
  end

  # What has no type may also be a day, the beginning of a moment, or no text at all.
  defp guarded(written, _sql, own, _expr, _form) when own != nil, do: written
  defp guarded(written, _sql, nil, {:datetime_add, _, _}, _form), do: written

  defp guarded(written, sql, nil, _expr, form) do
    whole = Integer.to_string(seconds_end(form))

    ["CASE WHEN length(", sql, ") >= ", whole, " THEN ", written, " ELSE ", sql, " END"]
    |> then(&[?(, &1, ?)])
  end

  @doc "A value in the form in which a column of this type keeps it; nil where it has that form already."
  @spec stored(term(), term(), Sources.t(), map()) :: iodata() | nil
  def stored({:^, [], [_ix]}, _type, _sources, _query), do: nil
  def stored(literal, _type, _sources, _query) when is_binary(literal) or is_nil(literal), do: nil

  def stored(expr, type, sources, query) do
    from = Infer.of(expr, sources, query)
    own = form(expr, nil, sources, query)
    wanted = form(type)

    cond do
      not moment?(own, expr) -> nil
      primitive(type) == :date and primitive(from) != :date -> part(expr, 1, 10, sources, query)
      wanted == nil or wanted == own -> nil
      true -> expr |> Expr.expr(sources, query) |> kept(own, expr, wanted)
    end
  end

  # Whose form is not known, but for that it has a date.
  defp kept(sql, own, expr, wanted) do
    from = own || form(:naive_datetime)
    sql |> cut(wanted, from) |> guarded(sql, own, expr, from)
  end

  defp part(expr, from, length, sources, query) do
    ["substr(", Expr.expr(expr, sources, query), ", #{from}, #{length})"]
  end

  ## Forms

  defp form({:^, [], [_ix]}, other, sources, query), do: parameter(other, sources, query)

  defp form(literal, other, sources, query) when is_binary(literal),
    do: parameter(other, sources, query)

  defp form(expr, _other, sources, query), do: expr |> Infer.of(sources, query) |> form()

  defp form(nil), do: nil
  defp form(type), do: @forms[primitive(type)]

  # In the form of the type that Ecto gives a parameter beside `other`; nil where that is any.
  defp parameter({:datetime_add, _, _}, _sources, _query), do: form(:naive_datetime)

  defp parameter(other, sources, query),
    do: if(Infer.typed?(other, sources, query), do: other |> Infer.of(sources, query) |> form())

  # What is known to be one, or a value that is beside one.
  defp moment?({_, _}, _expr), do: true
  defp moment?(nil, {:^, [], [_ix]}), do: true
  defp moment?(nil, {function, _, _}) when function in [:datetime_add, :coalesce], do: true
  defp moment?(nil, literal), do: is_binary(literal)

  # The lower one is rewritten.
  defp rank(_expr, nil, _sources), do: 0
  defp rank(%Ecto.SubQuery{}, form, _sources), do: 30 + rank(form)

  defp rank({{:., _, [{:&, _, [ix]}, _field]}, _, []}, form, sources),
    do: if(Sources.table?(sources, ix), do: 20, else: 10) + rank(form)

  defp rank({:^, [], [_ix]}, _form, _sources), do: 1
  defp rank(_expr, form, _sources), do: 10 + rank(form)

  defp rank({zone, digits}), do: digits + if(zone == :utc, do: 1, else: 0)

  ## Texts

  # In a form without a fraction, one that is there goes behind everything else: the text then comes behind
  # its own second and before the next, and is equal to none.
  defp written(sql, {_kind, 0} = form), do: [?(, whole(sql, form), " || ", rest(sql, form), ?)]
  defp written(sql, form), do: cut(sql, form, nil)

  # Without what the form has no place for.
  defp cut(sql, {:time, _} = form, {kind, _}) when kind != :time,
    do: cut(["substr(", sql, ", 12)"], form, nil)

  defp cut(sql, {_kind, 0} = form, _from), do: [?(, whole(sql, form), ?)]

  defp cut(sql, {kind, 6} = form, _from) do
    digits = ["substr(rtrim(substr(", sql, ", #{seconds_end(form) + 2}), 'Z') || '000000', 1, 6)"]
    [?(, whole(sql, {:naive_or_time, kind}), " || '.' || ", digits, zone(kind), ?)]
  end

  defp whole(sql, {:naive_or_time, :time}), do: ["substr(", sql, ", 1, 8)"]

  defp whole(sql, {:naive_or_time, _moment}),
    do: [day(sql), " || ", separator(), " || ", clock(sql)]

  defp whole(sql, {kind, 0}), do: [whole(sql, {:naive_or_time, kind}), zone(kind)]

  defp day(sql), do: ["substr(", sql, ", 1, 10)"]
  defp clock(sql), do: ["substr(", sql, ", 12, 8)"]

  defp rest(sql, form),
    do: ["rtrim(rtrim(rtrim(substr(", sql, ", #{seconds_end(form) + 1}), 'Z'), '0'), '.')"]

  # Behind hh:mm:ss, which ends at character 8 of a time and 19 of a moment.
  defp seconds_end({:time, _}), do: 8
  defp seconds_end(_moment), do: 19

  defp separator, do: if(iso?(), do: "'T'", else: "' '")
  defp zone(:utc), do: if(iso?(), do: " || 'Z'", else: [])
  defp zone(_kind), do: []

  defp iso?, do: Types.setting(:datetime_type, :iso8601) == :iso8601

  defp primitive(nil), do: nil
  defp primitive(type), do: Types.primitive(type)
end
