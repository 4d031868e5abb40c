import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('batch', '0001_initial'),
        ('infrastructure', '0001_initial'),
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('brand', models.CharField(max_length=100)),
                ('size_category', models.CharField(choices=[('MICRO', 'Micro'), ('SMALL', 'Small'), ('MEDIUM', 'Medium'), ('LARGE', 'Large')], max_length=20)),
                ('pellet_size_mm', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('protein_percentage', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('fat_percentage', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('carbohydrate_percentage', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('description', models.TextField(blank=True, default='')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='FeedPurchase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='inventory.feed')),
                ('purchase_date', models.DateField()),
                ('quantity_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('cost_per_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('supplier', models.CharField(max_length=100)),
                ('batch_number', models.CharField(max_length=100)),
                ('expiry_date', models.DateField(blank=True, null=True)),
                ('notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity_kg__gte', 0)), name='feed_purchase_quantity_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='FeedContainerStock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feed_container', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='feed_batch_stocks', to='infrastructure.feedcontainer')),
                ('feed_purchase', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='container_stocks', to='inventory.feedpurchase')),
                ('quantity_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('entry_date', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'indexes': [models.Index(fields=['feed_container', 'entry_date'], name='feed_stock_container_entry')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity_kg__gte', 0)), name='feed_stock_quantity_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='FeedingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='feeding_events', to='batch.batch')),
                ('batch_assignment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='feeding_events', to='batch.batchcontainerassignment')),
                ('container', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='feeding_events', to='infrastructure.container')),
                ('feed', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='feeding_events', to='inventory.feed')),
                ('recorded_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('feeding_date', models.DateField()),
                ('feeding_time', models.TimeField()),
                ('amount_kg', models.DecimalField(decimal_places=4, max_digits=10)),
                ('batch_biomass_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('feeding_percentage', models.DecimalField(blank=True, decimal_places=6, max_digits=8, null=True)),
                ('method', models.CharField(choices=[('MANUAL', 'Manual'), ('AUTOMATIC', 'Automatic'), ('BROADCAST', 'Broadcast')], default='MANUAL', max_length=20)),
                ('notes', models.TextField(blank=True, default='')),
                ('feed_cost', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'feeding_date'], name='feeding_batch_date'), models.Index(fields=['container', 'feeding_date'], name='feeding_container_date')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_kg__gte', 0)), name='feeding_amount_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='ContainerFeedingSummary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='container_feeding_summaries', to='batch.batch')),
                ('container_assignment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='feeding_summaries', to='batch.batchcontainerassignment')),
                ('period_start', models.DateField()),
                ('period_end', models.DateField()),
                ('total_feed_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('starting_biomass_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('ending_biomass_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('growth_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('fcr', models.DecimalField(blank=True, decimal_places=3, max_digits=5, null=True)),
                ('confidence_level', models.CharField(choices=[('VERY_HIGH', 'Very High'), ('HIGH', 'High'), ('MEDIUM', 'Medium'), ('LOW', 'Low')], default='LOW', max_length=20)),
                ('estimation_method', models.CharField(blank=True, choices=[('MEASURED', 'Measured'), ('INTERPOLATED', 'Interpolated')], max_length=20, null=True)),
                ('data_points', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'container feeding summaries',
                'indexes': [models.Index(fields=['batch', 'period_start', 'period_end'], name='container_summary_batch_period')],
                'constraints': [models.UniqueConstraint(fields=('container_assignment', 'period_start', 'period_end'), name='containerfeedingsummary_container_assignment_period_start_period_end_uniq')],
            },
        ),
        migrations.CreateModel(
            name='BatchFeedingSummary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='feeding_summaries', to='batch.batch')),
                ('period_start', models.DateField()),
                ('period_end', models.DateField()),
                ('total_feed_kg', models.DecimalField(decimal_places=2, max_digits=10)),
                ('average_feeding_percentage', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('total_feed_consumed_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('total_biomass_gain_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('fcr', models.DecimalField(blank=True, decimal_places=3, max_digits=5, null=True)),
                ('estimation_method', models.CharField(blank=True, choices=[('MEASURED', 'Measured'), ('MIXED', 'Mixed'), ('INTERPOLATED', 'Interpolated')], max_length=20, null=True)),
                ('container_count', models.PositiveIntegerField(default=0)),
                ('overall_confidence_level', models.CharField(choices=[('VERY_HIGH', 'Very High'), ('HIGH', 'High'), ('MEDIUM', 'Medium'), ('LOW', 'Low')], default='LOW', max_length=20)),
                ('total_ending_biomass_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('total_growth_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('total_starting_biomass_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('weighted_avg_fcr', models.DecimalField(blank=True, decimal_places=3, max_digits=5, null=True)),
                ('average_biomass_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'batch feeding summaries',
                'constraints': [models.UniqueConstraint(fields=('batch', 'period_start', 'period_end'), name='batchfeedingsummary_batch_period_start_period_end_uniq')],
            },
        ),
        ]),
    ]
