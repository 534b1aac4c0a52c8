defmodule Ecto.Adapters.LibSql.SQL.Constant do
  @moduledoc false
  # Date arithmetic on parameters and literals, such as `ago(^days, "day")`: its value is the same for all rows. Where
  # the generated SQL needs it more than once, a sub-query computes and spells it once.

  alias Ecto.Adapters.LibSql.SQL.Parameter
  alias Ecto.Query.Tagged

  @doc "Whether `expr` is made of parameters and literals, perhaps with date arithmetic on them."
  @spec constant?(term()) :: boolean()
  def constant?({:^, _, [_ix]}), do: true
  def constant?({:type, _, [operand, _type]}), do: constant?(operand)
  def constant?({:-, _, [operand]}), do: constant?(operand)

  def constant?({function, _, [operand, count, _unit]})
      when function in [:datetime_add, :date_add],
      do: constant?(operand) and constant?(count)

  def constant?(%Tagged{value: value}), do: constant?(value)
  def constant?(literal), do: is_number(literal) or is_binary(literal)

  @doc "The number that a literal is, with or without a sign; else nil."
  @spec number(term()) :: number() | nil
  def number(%Tagged{value: value}), do: number(value)
  def number({:-, _, [operand]}), do: if(number = number(operand), do: -number)
  def number(literal), do: if(is_number(literal), do: literal)

  @doc "What `build` makes of the SQL of a constant, or of the name that a sub-query gives it."
  @spec once(Parameter.sql(), (Parameter.sql() -> Parameter.sql())) :: Parameter.sql()
  def once(sql, build), do: ["(SELECT ", build.("c"), " FROM (SELECT ", sql, " AS c))"]
end
