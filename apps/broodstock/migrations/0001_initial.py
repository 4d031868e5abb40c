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
            name='MaintenanceTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('container', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='maintenance_tasks', to='infrastructure.container')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='created_maintenance_tasks', to=settings.AUTH_USER_MODEL)),
                ('task_type', models.CharField(choices=[('cleaning', 'Cleaning'), ('repair', 'Repair'), ('inspection', 'Inspection'), ('upgrade', 'Upgrade')], max_length=50)),
                ('scheduled_date', models.DateTimeField()),
                ('completed_date', models.DateTimeField(blank=True, null=True)),
                ('notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='BroodstockFish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('container', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='broodstock_fish', to='infrastructure.container')),
                ('traits', models.JSONField(blank=True, default=dict)),
                ('health_status', models.CharField(choices=[('healthy', 'Healthy'), ('monitored', 'Monitored'), ('sick', 'Sick'), ('deceased', 'Deceased')], default='healthy', max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'broodstock fish',
            },
        ),
        migrations.CreateModel(
            name='FishMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fish', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='movements', to='broodstock.broodstockfish')),
                ('from_container', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fish_movements_from', to='infrastructure.container')),
                ('moved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='fish_movements', to=settings.AUTH_USER_MODEL)),
                ('to_container', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fish_movements_to', to='infrastructure.container')),
                ('movement_date', models.DateTimeField()),
                ('notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='BreedingPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='breeding_plans', to=settings.AUTH_USER_MODEL)),
                ('name', models.CharField(max_length=100)),
                ('start_date', models.DateTimeField()),
                ('end_date', models.DateTimeField()),
                ('objectives', models.TextField(blank=True, default='')),
                ('breeder_instructions', models.TextField(blank=True, default='')),
                ('geneticist_notes', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='BreedingTraitPriority',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='trait_priorities', to='broodstock.breedingplan')),
                ('trait_name', models.CharField(choices=[('growth_rate', 'Growth Rate'), ('disease_resistance', 'Disease Resistance'), ('size', 'Size'), ('fertility', 'Fertility')], max_length=50)),
                ('priority_weight', models.FloatField(default=0.5)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'breeding trait priorities',
                'constraints': [models.UniqueConstraint(fields=('plan', 'trait_name'), name='breedingtraitpriority_plan_trait_name_uniq')],
            },
        ),
        migrations.CreateModel(
            name='BreedingPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('female_fish', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='breeding_pairs_as_female', to='broodstock.broodstockfish')),
                ('male_fish', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='breeding_pairs_as_male', to='broodstock.broodstockfish')),
                ('plan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='breeding_pairs', to='broodstock.breedingplan')),
                ('pairing_date', models.DateTimeField()),
                ('progeny_count', models.IntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'male_fish', 'female_fish'), name='breedingpair_plan_male_fish_female_fish_uniq')],
            },
        ),
        migrations.CreateModel(
            name='EggProduction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('destination_station', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='egg_productions', to='infrastructure.freshwaterstation')),
                ('pair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='egg_productions', to='broodstock.breedingpair')),
                ('egg_batch_id', models.CharField(max_length=50)),
                ('egg_count', models.IntegerField()),
                ('production_date', models.DateTimeField()),
                ('source_type', models.CharField(choices=[('internal', 'Internal'), ('external', 'External')], max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('egg_batch_id',), name='broodstock_eggproduction_egg_batch_id_key')],
            },
        ),
        migrations.CreateModel(
            name='EggSupplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('contact_details', models.TextField(blank=True, default='')),
                ('certifications', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='broodstock_eggsupplier_name_key')],
            },
        ),
        migrations.CreateModel(
            name='ExternalEggBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('egg_production', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='external_batch', to='broodstock.eggproduction')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='egg_batches', to='broodstock.eggsupplier')),
                ('batch_number', models.CharField(max_length=50)),
                ('provenance_data', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'external egg batches',
            },
        ),
        migrations.CreateModel(
            name='BatchParentage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parentage', to='batch.batch')),
                ('egg_production', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batch_assignments', to='broodstock.eggproduction')),
                ('assignment_date', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('batch', 'egg_production'), name='batchparentage_batch_egg_production_uniq')],
            },
        ),
        ]),
    ]
